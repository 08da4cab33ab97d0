#include "proxy/npath/segment.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace fairlead::npath {
namespace {

conf::ip_address ip(std::string_view text)
{
    const auto address = conf::parse_ip_address(text);
    REQUIRE(address.has_value());
    return *address;
}

} // namespace

TEST_CASE("checks come from the nearest address of the family that is no service's")
{
    const std::vector<conf::ip_address> ours{ip("10.5.0.100"), ip("10.9.0.2"), ip("10.5.0.2"),
                                             ip("fd05::100"),  ip("fd05::2"),  ip("fd09::2")};
    const std::vector<conf::ip_address> services{ip("10.5.0.100"), ip("fd05::100")};
    CHECK(choose_source(ours, services, ip("10.5.0.21")) == ip("10.5.0.2"));
    CHECK(choose_source(ours, services, ip("10.9.0.21")) == ip("10.9.0.2"));
    CHECK(choose_source(ours, services, ip("fd05::121")) == ip("fd05::2"));
    CHECK(choose_source(services, services, ip("10.5.0.21")) == std::nullopt);
    CHECK(choose_source({}, {}, ip("10.5.0.21")) == std::nullopt);
}

TEST_CASE(
    "the loopback is a link with a local route and without Ethernet, and what is not there is not found")
{
    const auto link = find_link("lo");
    REQUIRE(link.has_value());
    CHECK(link->index != 0);
    CHECK_FALSE(link->is_ethernet);
    CHECK_FALSE(find_link("nosuchlink0").has_value());

    const auto route = find_route(ip("127.0.0.1"));
    REQUIRE(route.has_value());
    CHECK(route->is_local);
    CHECK(route->gateway.empty());
    CHECK(route->interface == link->index);
    CHECK_FALSE(find_neighbour(link->index, ip("127.0.0.9")).has_value());
}

} // namespace fairlead::npath
