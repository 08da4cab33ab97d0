#include "proxy/net/local_routes.hpp"

#include <doctest/doctest.h>

#include <algorithm>

TEST_CASE("the loopback block is local, and nothing else has a prefix as wide as the world")
{
    const auto local = fairlead::net::read_local_routes();
    REQUIRE(local.has_value());
    CHECK(std::ranges::find(*local, fairlead::conf::parse_cidr("127.0.0.0/8").value()) != local->end());
    CHECK(std::ranges::none_of(*local, [](const auto& each) { return each.prefix_length == 0; }));
}
