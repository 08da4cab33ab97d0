#include "proxy/upstream/address_choice.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::chrono_literals;
using upstream::failed_addresses;
using upstream::order_addresses;

namespace {

conf::ip_address ip(int last) { return conf::parse_ip_address("10.0.0." + std::to_string(last)).value(); }

std::string lasts(const std::vector<conf::ip_address>& addresses)
{
    std::string out;
    for (const auto& each : addresses)
        out += std::to_string(each.bytes[3]) + " ";
    return out;
}

} // namespace

TEST_CASE("the address with the most free tuples is dialled first, a full one not at all")
{
    CHECK(lasts(order_addresses({{ip(1), 10}, {ip(2), 0}, {ip(3), 30}, {ip(4), 20}}, 0)) == "3 4 1 ");
    CHECK(order_addresses({{ip(1), 0}, {ip(2), 0}}, 7).empty());
    CHECK(order_addresses({}, 7).empty());
}

TEST_CASE("equal addresses take turns")
{
    CHECK(lasts(order_addresses({{ip(1), 5}, {ip(2), 5}, {ip(3), 5}}, 0)) == "1 2 3 ");
    CHECK(lasts(order_addresses({{ip(1), 5}, {ip(2), 5}, {ip(3), 5}}, 1)) == "2 3 1 ");
    CHECK(lasts(order_addresses({{ip(1)}, {ip(2)}, {ip(3)}}, 5)) == "3 1 2 ");
}

TEST_CASE("an address that failed lately comes last, however free it is")
{
    CHECK(lasts(order_addresses({{ip(1), 99, true}, {ip(2), 1}, {ip(3), 50, true}}, 0)) == "2 1 3 ");
}

TEST_CASE("a failure is remembered for ten seconds")
{
    failed_addresses failed;
    const snat::steady_time now{1h};
    const snat::tuple_destination one{ip(1), 80};
    CHECK_FALSE(failed.contains(one, now));
    failed.add(one, now);
    CHECK(failed.contains(one, now + 9s));
    CHECK_FALSE(failed.contains({ip(1), 81}, now));
    CHECK_FALSE(failed.contains(one, now + 10s));
    failed.add(one, now + 8s);
    CHECK(failed.contains(one, now + 17s));
}

TEST_CASE("the oldest failure makes room for a new one")
{
    failed_addresses failed;
    const snat::steady_time now{1h};
    for (std::uint16_t port = 1; port <= failed_addresses::capacity + 1; ++port)
        failed.add({ip(1), port}, now);
    CHECK_FALSE(failed.contains({ip(1), 1}, now));
    CHECK(failed.contains({ip(1), 2}, now));
    CHECK(failed.contains({ip(1), failed_addresses::capacity + 1}, now));
}
