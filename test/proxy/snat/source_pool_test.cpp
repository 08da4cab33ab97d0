#include "proxy/snat/source_pool.hpp"

#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace fairlead;
using namespace fairlead::snat;
using namespace std::chrono_literals;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

std::vector<conf::cidr> blocks(std::initializer_list<const char*> texts)
{
    std::vector<conf::cidr> out;
    for (const auto* text : texts)
        out.push_back(conf::parse_cidr(text).value());
    return out;
}

std::map<std::string, std::uint32_t> by_source(const tuple_ledger& ledger)
{
    std::map<std::string, std::uint32_t> out;
    for (const auto& each : ledger.usage())
        out[each.source] += each.in_use;
    return out;
}

const steady_time start{1'000s};
const tuple_destination backend_one{ip("10.1.0.1"), 9000};
const tuple_destination backend_two{ip("10.1.0.2"), 9000};

std::vector<tuple_lease> acquire_many(const source_pool& pool, const tuple_destination& to, int count)
{
    std::vector<tuple_lease> out;
    for (int i = 0; i < count; ++i) {
        auto lease = pool.acquire(to, start);
        REQUIRE(lease.has_value());
        out.push_back(std::move(*lease));
    }
    return out;
}

} // namespace

TEST_CASE("connections spread evenly over the sources")
{
    tuple_ledger ledger;
    const auto ports = some_ports(1'000);
    const source_pool pool(ledger, blocks({"10.0.0.1", "10.0.0.2", "10.0.0.3"}), ports);
    const auto leases = acquire_many(pool, backend_one, 300);
    CHECK(by_source(ledger) ==
          std::map<std::string, std::uint32_t>{{"10.0.0.1", 100}, {"10.0.0.2", 100}, {"10.0.0.3", 100}});
}

TEST_CASE("the source with the most free tuples to that destination is taken")
{
    tuple_ledger ledger;
    const auto ports = some_ports(1'000);
    const source_pool one(ledger, blocks({"10.0.0.1"}), ports);
    const auto load = acquire_many(one, backend_one, 50);
    const source_pool pool(ledger, blocks({"10.0.0.1", "10.0.0.2"}), ports);
    const auto to_one = acquire_many(pool, backend_one, 50);
    for (const auto& lease : to_one)
        CHECK(lease.source() == ip("10.0.0.2"));
    // To another destination both are free alike.
    const auto to_two = acquire_many(pool, backend_two, 2);
    CHECK(to_two[0].source() != to_two[1].source());
}

TEST_CASE("each destination has the whole capacity of every source")
{
    tuple_ledger ledger;
    const auto ports = some_ports(2);
    const source_pool pool(ledger, blocks({"10.0.0.0/31"}), ports);
    const auto to_one = acquire_many(pool, backend_one, 4);
    CHECK_FALSE(pool.acquire(backend_one, start).has_value());
    auto to_two = acquire_many(pool, backend_two, 4);
    CHECK_FALSE(pool.acquire(backend_two, start).has_value());
    to_two.pop_back();
    CHECK(pool.acquire(backend_two, start).has_value());
}

TEST_CASE("a source that is paused is passed over until its time, and all of them mean nothing")
{
    tuple_ledger ledger;
    const auto ports = some_ports(100);
    const source_pool pool(ledger, blocks({"10.0.0.1", "10.0.0.2"}), ports);
    auto first = std::move(*pool.acquire(backend_one, start));
    const auto refused = first.source();
    first.space().pause(start + 1s);
    for (int i = 0; i < 10; ++i)
        CHECK(pool.acquire(backend_one, start)->source() != refused);
    CHECK(pool.acquire(backend_two, start)->source() == ip("10.0.0.1"));

    pool.acquire(backend_one, start)->space().pause(start + 2s);
    CHECK_FALSE(pool.acquire(backend_one, start).has_value());
    CHECK(pool.acquire(backend_one, start + 1s)->source() == refused);
}

TEST_CASE("only sources of the destination's family are used")
{
    tuple_ledger ledger;
    const auto ports = some_ports(100);
    const source_pool pool(ledger, blocks({"fd00::1", "10.0.0.1", "fd00::2"}), ports);
    CHECK(pool.source_count(false) == 1);
    CHECK(pool.source_count(true) == 2);
    CHECK(pool.acquire(backend_one, start)->source() == ip("10.0.0.1"));
    CHECK(pool.acquire({ip("fd01::1"), 80}, start)->source().is_v6);
    const source_pool only_v4(ledger, blocks({"10.0.0.1"}), ports);
    CHECK_FALSE(only_v4.acquire({ip("fd01::1"), 80}, start).has_value());
}

TEST_CASE("every address of a block is a source, also the first and the last")
{
    tuple_ledger ledger;
    const auto ports = some_ports(1);
    const source_pool pool(ledger, blocks({"10.0.0.252/30", "10.0.1.0/31"}), ports);
    CHECK(pool.source_count(false) == 6);
    std::set<std::string> used;
    for (const auto& lease : acquire_many(pool, backend_one, 6))
        used.insert(conf::to_string(lease.source()));
    CHECK(used == std::set<std::string>{"10.0.0.252", "10.0.0.253", "10.0.0.254", "10.0.0.255", "10.0.1.0",
                                        "10.0.1.1"});
}

TEST_CASE("positions carry over from octet to octet")
{
    tuple_ledger ledger;
    const auto ports = some_ports(1);
    const source_pool pool(ledger, blocks({"10.0.0.0/8", "fd00::/64", "fe00::ff00/120"}), ports);
    CHECK(pool.source_count(false) == source_pool::max_sources);
    CHECK(pool.source_count(true) == source_pool::max_sources);
    CHECK(pool.source_at(false, 256) == ip("10.0.1.0"));
    CHECK(pool.source_at(false, 65'535) == ip("10.0.255.255"));
    CHECK(pool.source_at(true, 65'535) == ip("fd00::ffff"));
}

TEST_CASE("a large block opens addresses as they are needed")
{
    tuple_ledger ledger;
    const auto ports = some_ports(8);
    const source_pool pool(ledger, blocks({"10.0.0.0/16"}), ports);
    CHECK(ledger.usage().empty());
    auto leases = acquire_many(pool, backend_one, 64);
    CHECK(ledger.usage().size() == 64);
    for (const auto& [source, in_use] : by_source(ledger))
        CHECK(in_use == 1);

    for (auto& lease : acquire_many(pool, backend_one, 4'000))
        leases.push_back(std::move(lease));
    CHECK(ledger.usage().size() >= 4'064 / 8);
    CHECK(ledger.usage().size() <= 4'064);
    for (const auto& [source, in_use] : by_source(ledger))
        CHECK(in_use <= 6);
}

TEST_CASE("a pool of hundreds of sources is used up to its last tuple")
{
    tuple_ledger ledger;
    const auto ports = some_ports(2);
    const source_pool pool(ledger, blocks({"10.0.0.0/24", "10.0.2.0/26"}), ports);
    const auto leases = acquire_many(pool, backend_one, 640);
    CHECK_FALSE(pool.acquire(backend_one, start).has_value());
}

TEST_CASE("set-aside sources of a large block make it open others")
{
    tuple_ledger ledger;
    const auto ports = some_ports(100);
    const source_pool pool(ledger, blocks({"10.0.0.0/24"}), ports);
    std::set<std::string> used;
    for (int i = 0; i < 256; ++i) {
        auto lease = pool.acquire(backend_one, start);
        REQUIRE(lease.has_value());
        used.insert(conf::to_string(lease->source()));
        lease->space().pause(start + 1s);
    }
    CHECK(used.size() == 256);
    CHECK_FALSE(pool.acquire(backend_one, start).has_value());
    CHECK(pool.acquire(backend_one, start + 1s).has_value());
}

TEST_CASE("what is free towards a destination is counted over all sources, and none means none")
{
    tuple_ledger ledger;
    const source_pool small(ledger, blocks({"10.0.1.0/31"}), some_ports(3));
    CHECK(small.free_towards(backend_one, start) == 6);
    const auto leases = acquire_many(small, backend_one, 5);
    CHECK(small.free_towards(backend_one, start) == 1);
    CHECK(small.free_towards(backend_two, start) == 6);
    CHECK(small.free_towards({ip("fd00::1"), 9000}, start) == 0);
    const auto last = small.acquire(backend_one, start);
    CHECK(small.free_towards(backend_one, start) == 0);

    const source_pool large(ledger, blocks({"10.0.2.0/24"}), some_ports(2));
    const auto all = acquire_many(large, backend_one, 511);
    CHECK(large.free_towards(backend_one, start) == 1);
}

TEST_CASE("a pool that replaces another in a reload sees the tuples that are still out")
{
    tuple_ledger ledger;
    const auto ports = some_ports(10);
    auto before = std::make_unique<source_pool>(ledger, blocks({"10.0.0.1"}), ports);
    auto leases = acquire_many(*before, backend_one, 6);
    auto after = std::make_unique<source_pool>(ledger, blocks({"10.0.0.1", "10.0.0.2"}), ports);
    CHECK(after->acquire(backend_one, start)->source() == ip("10.0.0.2"));
    before.reset();
    after.reset();
    CHECK(by_source(ledger) == std::map<std::string, std::uint32_t>{{"10.0.0.1", 6}});

    const source_pool again(ledger, blocks({"10.0.0.1"}), ports);
    for (auto& lease : acquire_many(again, backend_one, 4))
        leases.push_back(std::move(lease));
    CHECK_FALSE(again.acquire(backend_one, start).has_value());
    leases.clear();
    CHECK(by_source(ledger) == std::map<std::string, std::uint32_t>{{"10.0.0.1", 0}});
}

TEST_CASE("four threads share a pool's sources exactly")
{
    tuple_ledger ledger;
    const auto ports = some_ports(50);
    const source_pool pool(ledger, blocks({"10.0.0.0/25"}),
                           ports); // 128 sources, opened while the threads run
    std::vector<std::vector<tuple_lease>> taken(4);
    const auto take = [&](std::vector<tuple_lease>& mine) {
        for (int i = 0; i < 3'000; ++i) {
            if (auto lease = pool.acquire(backend_one, start)) mine.push_back(std::move(*lease));
            if (i % 5 == 4 && !mine.empty()) mine.pop_back();
        }
        while (auto lease = pool.acquire(backend_one, start))
            mine.push_back(std::move(*lease));
    };
    std::vector<std::thread> threads;
    for (auto& mine : taken)
        threads.emplace_back(take, std::ref(mine));
    for (auto& thread : threads)
        thread.join();
    std::size_t total = 0;
    for (const auto& mine : taken)
        total += mine.size();
    CHECK(total == 128 * 50);
    for (const auto& [source, in_use] : by_source(ledger))
        CHECK(in_use == 50);
}
