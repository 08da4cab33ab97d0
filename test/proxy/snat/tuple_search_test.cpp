#include "proxy/snat/tuple_search.hpp"

#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

using namespace fairlead;
using namespace fairlead::snat;
using namespace std::chrono_literals;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

const steady_time start{1'000s};
const tuple_destination there{ip("10.1.0.1"), 9000};

} // namespace

TEST_CASE("a port in foreign use is followed by three others of the source, then by another source")
{
    tuple_ledger ledger;
    const source_pool pool(ledger, {conf::parse_cidr("10.0.0.0/31").value()}, some_ports(100));
    tuple_search search(pool, there);
    std::map<std::string, std::set<std::uint16_t>> tried;
    for (int i = 0; i < 4; ++i) {
        auto lease = search.next(start);
        REQUIRE(lease.has_value());
        tried[conf::to_string(lease->source())].insert(lease->port());
        search.found_in_foreign_use(std::move(*lease), start);
    }
    CHECK(tried.size() == 1);
    CHECK(tried.begin()->second.size() == 4);
    CHECK(search.failovers() == 0);
    const auto other = search.next(start);
    REQUIRE(other.has_value());
    CHECK_FALSE(tried.contains(conf::to_string(other->source())));
    CHECK(search.failovers() == 1);
    CHECK(search.foreign_ports() == 4);
}

TEST_CASE("without another source the search goes on in the same one, to its last free port")
{
    tuple_ledger ledger;
    const source_pool pool(ledger, {conf::parse_cidr("10.0.0.1").value()}, some_ports(20));
    tuple_search search(pool, there);
    for (int i = 0; i < 19; ++i)
        search.found_in_foreign_use(std::move(search.next(start).value()), start);
    const auto last = search.next(start);
    CHECK(last.has_value());
    CHECK_FALSE(search.next(start).has_value());
    CHECK(search.failovers() == 0);
}

TEST_CASE("a search is bounded, however many ports others use")
{
    tuple_ledger ledger;
    const source_pool pool(ledger, {conf::parse_cidr("10.0.0.0/29").value()}, some_ports(1'000));
    tuple_search search(pool, there);
    std::uint32_t tried = 0;
    while (auto lease = search.next(start)) {
        search.found_in_foreign_use(std::move(*lease), start);
        ++tried;
    }
    CHECK(tried == tuple_search::most_foreign_ports);
}

TEST_CASE("ports in foreign use come back after a minute")
{
    tuple_ledger ledger;
    const source_pool pool(ledger, {conf::parse_cidr("10.0.0.1").value()}, some_ports(1));
    tuple_search search(pool, there);
    search.found_in_foreign_use(std::move(search.next(start).value()), start);
    CHECK_FALSE(tuple_search(pool, there).next(start).has_value());
    ledger.sweep(start + 59s);
    CHECK_FALSE(tuple_search(pool, there).next(start).has_value());
    ledger.sweep(start + 60s);
    CHECK(tuple_search(pool, there).next(start).has_value());
}

TEST_CASE("a source that cannot be used keeps its ports, and rests for a second")
{
    tuple_ledger ledger;
    const source_pool pool(ledger, {conf::parse_cidr("10.0.0.0/31").value()}, some_ports(10));
    tuple_search search(pool, there);
    auto first = search.next(start).value();
    const auto unfit = first.source();
    search.found_source_unusable(std::move(first), start);
    CHECK(search.next(start)->source() != unfit);
    for (const auto& each : ledger.usage())
        CHECK(each.set_aside == 0);
    tuple_search both(pool, there);
    search.found_source_unusable(std::move(both.next(start).value()), start);
    CHECK_FALSE(both.next(start).has_value());
    CHECK(both.next(start + 1s).has_value());
}
