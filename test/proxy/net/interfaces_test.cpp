#include "proxy/net/interfaces.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace fairlead;

TEST_CASE("the loopback interface is there once, with its address")
{
    const auto all = net::read_interfaces();
    REQUIRE(std::ranges::count(all, "lo", &conf::network_interface::name) == 1);
    const auto lo = std::ranges::find(all, "lo", &conf::network_interface::name);
    CHECK(std::ranges::count(lo->addresses, *conf::parse_ip_address("127.0.0.1")) == 1);
}
