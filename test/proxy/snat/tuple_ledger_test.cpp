#include "proxy/snat/tuple_ledger.hpp"

#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>
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
    tuple_ledger ledger;
    const auto ports = some_ports(3);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports);
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
    tuple_ledger ledger;
    const auto ports = some_ports(10);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports);
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

TEST_CASE("every port of the set is given out once, and one that is given back is found again")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports_of("1024, 1087-1090, 65535"));
    std::map<std::uint16_t, tuple_lease> leases;
    while (auto lease = space.claim()) {
        const auto port = lease->port();
        CHECK(leases.emplace(port, std::move(*lease)).second);
    }
    REQUIRE(leases.size() == 6);
    for (const std::uint16_t port : {1024, 1087, 1088, 1089, 1090, 65535}) {
        REQUIRE(leases.contains(port));
        leases.erase(port);
        CHECK(space.free(start) == 1);
        auto again = space.claim();
        REQUIRE(again.has_value());
        CHECK(again->port() == port);
        CHECK_FALSE(space.claim().has_value());
        leases.emplace(port, std::move(*again));
    }
}

TEST_CASE("a full 64k space is given out to the last port")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports_of("1024-65535"));
    std::vector<tuple_lease> leases;
    std::set<std::uint16_t> ports;
    while (auto lease = space.claim()) {
        ports.insert(lease->port());
        leases.push_back(std::move(*lease));
    }
    CHECK(ports.size() == 64'512);
    CHECK(space.in_use() == 64'512);
}

TEST_CASE("a port that was given back rests while others are free")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, some_ports(100));
    const auto first = space.claim()->port();
    for (int i = 0; i < 99; ++i)
        CHECK(space.claim()->port() != first);
    CHECK(space.claim()->port() == first);
}

TEST_CASE("a space that is paused counts as full until its time")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, some_ports(10));
    space.pause(start + 1s);
    CHECK(space.in_use() == 0);
    CHECK(space.free(start) == 0);
    CHECK(space.free(start + 999ms) == 0);
    CHECK(space.free(start + 1s) == 10);
}

TEST_CASE("a tuple that was set aside is nobody's until it is swept at its time")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, some_ports(2));
    auto kept = space.claim();
    auto lease = space.claim();
    lease->set_aside(start + 60s);
    CHECK_FALSE(*lease);
    CHECK(space.in_use() == 1);
    CHECK(space.set_aside() == 1);
    CHECK(space.free(start) == 0);
    CHECK_FALSE(space.claim().has_value());
    CHECK(ledger.sweep(start + 59s) == 0);
    CHECK_FALSE(space.claim().has_value());
    CHECK(ledger.sweep(start + 60s) == 1);
    CHECK(space.set_aside() == 0);
    CHECK(space.free(start) == 1);
    CHECK(space.claim().has_value());
}

TEST_CASE("a space whose last tuples are set aside lives until they are swept")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, some_ports(2));
    space.claim()->set_aside(start + 1s);
    ledger.drop({&space});
    CHECK(ledger.usage().size() == 1);
    CHECK(ledger.sweep(start + 1s) == 1);
    ledger.drop({});
    CHECK(ledger.usage().empty());
}

TEST_CASE("what is aside when the ledger ends, ends with it")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, some_ports(3));
    space.claim()->set_aside(start + 1s);
    ledger.sweep(start);
    space.claim()->set_aside(start + 1s);
}

TEST_CASE("spaces of one pair with ports in common give out each port once")
{
    tuple_ledger ledger;
    const tuple_destination there{ip("10.0.1.1"), 80};
    auto& one = ledger.hold(ip("10.0.0.1"), there, ports_of("20000-20009"));
    auto& two = ledger.hold(ip("10.0.0.1"), there, ports_of("20005-20014"));
    REQUIRE(&one != &two);
    std::set<std::uint16_t> ports;
    std::vector<tuple_lease> leases;
    for (auto* space : {&one, &two}) {
        while (auto lease = space->claim()) {
            ports.insert(lease->port());
            leases.push_back(std::move(*lease));
        }
    }
    CHECK(leases.size() == 15);
    CHECK(ports.size() == 15);
    CHECK(one.in_use() == 10);
    CHECK(two.in_use() == 5);
}

TEST_CASE("where the kernel chooses, a space counts to 98 % and names no port")
{
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80},
                              ports_of("40000-40999", conf::port_selection::kernel));
    std::vector<tuple_lease> leases;
    while (auto lease = space.claim()) {
        CHECK(lease->port() == 0);
        leases.push_back(std::move(*lease));
    }
    CHECK(leases.size() == 980);
    leases.pop_back();
    CHECK(space.claim().has_value());
}

TEST_CASE("the ledger gives one space per source, destination address and port")
{
    tuple_ledger ledger;
    const auto ports = some_ports(10);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports);
    CHECK(&ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports) == &space);
    CHECK(&ledger.hold(ip("10.0.0.2"), {ip("10.0.1.1"), 80}, ports) != &space);
    CHECK(&ledger.hold(ip("10.0.0.1"), {ip("10.0.1.2"), 80}, ports) != &space);
    CHECK(&ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 81}, ports) != &space);
    CHECK(ledger.usage().size() == 4);
}

TEST_CASE("usage names every space")
{
    tuple_ledger ledger;
    const auto ports = some_ports(28'232);
    auto& space = ledger.hold(ip("fd00::1"), {ip("fd00::2"), 443}, ports);
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
    tuple_ledger ledger;
    const auto ports = some_ports(10);
    const tuple_destination there{ip("10.0.1.1"), 80};
    auto* space = &ledger.hold(ip("10.0.0.1"), there, ports);
    auto* unused = &ledger.hold(ip("10.0.0.2"), there, ports);
    auto lease = std::move(*space->claim());
    ledger.drop({space, unused});
    REQUIRE(ledger.usage().size() == 1);
    CHECK(ledger.usage()[0].in_use == 1);

    CHECK(&ledger.hold(ip("10.0.0.1"), there, ports) == space);
    lease.reset();
    ledger.drop({});
    CHECK(ledger.usage().size() == 1);
    ledger.drop({space});
    CHECK(ledger.usage().empty());
}

TEST_CASE("four threads at the edge of a space never exceed it and leave an exact count")
{
    constexpr std::uint32_t capacity = 6; // fewer than the threads want
    tuple_ledger ledger;
    const auto ports = some_ports(capacity);
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, ports);
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

TEST_CASE("four threads never hold the same port, and together they hold every one")
{
    constexpr std::uint32_t capacity = 500;
    tuple_ledger ledger;
    auto& space = ledger.hold(ip("10.0.0.1"), {ip("10.0.1.1"), 80}, some_ports(capacity));
    std::array<std::atomic<int>, capacity> holders{};
    std::atomic<bool> is_shared{false};
    std::vector<std::vector<tuple_lease>> held(4);
    const auto contend = [&](std::vector<tuple_lease>& mine) {
        const auto take = [&] {
            auto lease = space.claim();
            if (!lease) return false;
            if (holders[lease->port() - 20'000U].fetch_add(1) != 0) is_shared = true;
            mine.push_back(std::move(*lease));
            return true;
        };
        const auto give = [&](std::size_t which) {
            std::swap(mine[which], mine.back());
            holders[mine.back().port() - 20'000U].fetch_sub(1);
            mine.pop_back();
        };
        for (std::size_t round = 0; round < 20'000; ++round) {
            take();
            if (round % 2 == 1 && !mine.empty()) give(round % mine.size());
        }
        while (take()) {
        }
    };
    std::vector<std::thread> threads;
    for (auto& mine : held)
        threads.emplace_back(contend, std::ref(mine));
    for (auto& thread : threads)
        thread.join();
    CHECK_FALSE(is_shared);
    CHECK(held[0].size() + held[1].size() + held[2].size() + held[3].size() == capacity);
    CHECK(space.free(start) == 0);
    held.clear();
    CHECK(space.in_use() == 0);
}
