#include "proxy/snat/tuple_ledger.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace fairlead;
using namespace fairlead::snat;
using namespace std::chrono_literals;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

const steady_time start{1'000s};

} // namespace

TEST_CASE("a space gives out its capacity and not one more")
{
    tuple_ledger ledger(3);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80});
    std::vector<tuple_lease> leases;
    while (auto lease = space.claim())
        leases.push_back(std::move(*lease));
    CHECK(leases.size() == 3);
    CHECK(space.in_use() == 3);
    CHECK(space.free(start) == 0);
    leases.pop_back();
    CHECK(space.free(start) == 1);
    CHECK(space.claim().has_value());
    CHECK(space.in_use() == 2);
    leases.clear();
    CHECK(space.in_use() == 0);
}

TEST_CASE("a lease moves without counting twice")
{
    tuple_ledger ledger(10);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80});
    auto first = std::move(*space.claim());
    auto second = std::move(first);
    CHECK_FALSE(first);
    CHECK(second);
    CHECK(second.source() == ip("10.0.0.1"));
    CHECK(space.in_use() == 1);
    second = std::move(*space.claim());
    CHECK(space.in_use() == 1);
    second.reset();
    second.reset();
    CHECK(space.in_use() == 0);
}

TEST_CASE("a space that was set aside counts as full until its time")
{
    tuple_ledger ledger(10);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80});
    space.claim()->set_aside(start + 1s);
    CHECK(space.in_use() == 0);
    CHECK(space.free(start) == 0);
    CHECK(space.free(start + 999ms) == 0);
    CHECK(space.free(start + 1s) == 10);
}

TEST_CASE("the ledger gives one space per source, destination address and port")
{
    tuple_ledger ledger(10);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80});
    CHECK(&ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}) == &space);
    CHECK(&ledger.hold(ip("10.0.0.2"), {ip("10.0.1.1"), 80}) != &space);
    CHECK(&ledger.hold(ip("10.0.0.1"), {ip("10.0.1.2"), 80}) != &space);
    CHECK(&ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 81}) != &space);
    CHECK(ledger.usage().size() == 4);
}

TEST_CASE("usage names every space")
{
    tuple_ledger ledger(28'232);
    auto& space = ledger.hold(ip("fd00::1"), {ip("fd00::2"), 443});
    const auto lease = space.claim();
    const auto usage = ledger.usage();
    REQUIRE(usage.size() == 1);
    CHECK(usage[0].source == "fd00::1");
    CHECK(usage[0].destination == "[fd00::2]:443");
    CHECK(usage[0].in_use == 1);
    CHECK(usage[0].capacity == 28'232);
}

TEST_CASE("a space lives while a holder or a lease needs it, and a later holder finds it with its count")
{
    tuple_ledger ledger(10);
    const tuple_destination there{ip("10.0.1.1"), 80};
    auto* space = &ledger.hold(ip("10.0.0.1"), there);
    auto* unused = &ledger.hold(ip("10.0.0.2"), there);
    auto lease = std::move(*space->claim());
    ledger.drop({space, unused});
    REQUIRE(ledger.usage().size() == 1);
    CHECK(ledger.usage()[0].in_use == 1);

    CHECK(&ledger.hold(ip("10.0.0.1"), there) == space);
    lease.reset();
    ledger.drop({});
    CHECK(ledger.usage().size() == 1);
    ledger.drop({space});
    CHECK(ledger.usage().empty());
}

TEST_CASE("four threads at the edge of a space never exceed it and leave an exact count")
{
    constexpr std::uint32_t capacity = 6; // fewer than the threads want
    tuple_ledger ledger(capacity);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80});
    std::atomic<int> held{0};
    std::atomic<bool> exceeded{false};
    std::atomic<int> kept{0};
    const auto contend = [&] {
        std::vector<tuple_lease> mine;
        for (int round = 0; round < 20'000; ++round) {
            if (auto lease = space.claim()) {
                if (held.fetch_add(1) + 1 > static_cast<int>(capacity)) exceeded = true;
                mine.push_back(std::move(*lease));
            }
            if (mine.size() == 2 || (round % 3 == 0 && !mine.empty())) {
                held.fetch_sub(1);
                mine.pop_back();
            }
        }
        kept += static_cast<int>(mine.size());
        held.fetch_sub(static_cast<int>(mine.size()));
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(contend);
    for (auto& thread : threads)
        thread.join();
    CHECK_FALSE(exceeded);
    CHECK(held == 0);
    CHECK(space.in_use() == 0);
}
