#include "conf/port_ranges.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

TEST_CASE("ports are written as ranges and single ports, in any order")
{
    const auto ports = parse_port_ranges(" 61000-65535,1024-32767 , 40000 ");
    REQUIRE(ports.has_value());
    CHECK(to_string(*ports) == "1024-32767, 40000, 61000-65535");
    CHECK(count_ports(*ports) == 31'744 + 1 + 4'536);
    CHECK(to_string(*parse_port_ranges("10-20,21,22-30")) == "10-30");
    CHECK(parse_port_ranges("")->empty());
}

TEST_CASE("what is not a list of ports, or names one twice, is refused")
{
    for (const auto* text :
         {"x", "1-", "-5", "5-4", "1,,2", "1,", "65536", "1-2-3", "1 2", "10-20, 15-30", "7, 7"})
    {
        CAPTURE(text);
        CHECK_FALSE(parse_port_ranges(text).has_value());
    }
}

TEST_CASE("ports are taken from a list, and those in common found")
{
    const auto all = *parse_port_ranges("1024-65535");
    CHECK(to_string(without(all, *parse_port_ranges("8080, 32768-60999"))) ==
          "1024-8079, 8081-32767, 61000-65535");
    CHECK(to_string(without(all, *parse_port_ranges("1-1024, 65535"))) == "1025-65534");
    CHECK(without(*parse_port_ranges("5-9"), *parse_port_ranges("1-20")).empty());
    CHECK(to_string(common_ports(*parse_port_ranges("5-9, 20-30"), *parse_port_ranges("8-25"))) ==
          "8-9, 20-25");
    CHECK(common_ports(all, {}).empty());
}

TEST_CASE("the slices of replicas are disjoint, even, and make up the whole")
{
    const auto all = *parse_port_ranges("1024-1033, 2000-2006, 65530-65535");
    for (std::uint32_t count : {1u, 2u, 3u, 7u, 23u}) {
        port_ranges rest = all;
        std::uint32_t total = 0;
        for (std::uint32_t index = 1; index <= count; ++index) {
            const auto slice = slice_of(all, {index, count});
            CHECK(count_ports(slice) >= 23 / count);
            CHECK(count_ports(slice) <= 23 / count + 1);
            CHECK(common_ports(slice, rest) == slice);
            rest = without(rest, slice);
            total += count_ports(slice);
        }
        CHECK(total == 23);
        CHECK(rest.empty());
    }
    CHECK(slice_of({{5, 5}}, {1, 2}).empty());
}

TEST_CASE("a replica is written as one of several")
{
    CHECK(parse_replica("2/3") == replica_number{2, 3});
    CHECK(parse_replica("1/1") == replica_number{});
    for (const auto* text : {"", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "1/1001", " 1/2"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_replica(text).has_value());
    }
}

TEST_CASE("the ledger's ports are those that nobody else is given")
{
    CHECK(to_string(free_for_ledger({})) == "1024-32767, 61000-65535");
    CHECK(count_ports(free_for_ledger({})) == 36'280);
    const host_ports host{{10'000, 11'999}, {{8'080, 8'080}, {10'500, 10'599}}};
    CHECK(to_string(free_for_ledger(host)) == "1024-8079, 8081-9999, 12000-65535");
    CHECK(to_string(chosen_by_kernel(host)) == "10000-10499, 10600-11999");
    CHECK(free_for_ledger({{1'024, 65'535}, {}}).empty());
}

} // namespace fairlead::conf
