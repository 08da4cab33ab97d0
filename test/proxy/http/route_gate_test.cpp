#include "proxy/http/route_gate.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace fairlead::http {
namespace {

using namespace std::chrono_literals;

std::optional<net::ip_port> client(std::string_view ip)
{
    return net::ip_port{conf::parse_ip_address(ip).value(), 40'000};
}

conf::peer_list blocks(std::string_view block)
{
    conf::peer_list list;
    list.blocks.push_back(conf::parse_cidr(block).value());
    return list;
}

// The status of who is turned away, 0 for who may come in.
unsigned gate(const conf::edge_options& route, const std::optional<net::ip_port>& who,
              routing::request_rates& rates, const std::string& lines = "", std::chrono::nanoseconds now = 5s)
{
    const test::parsed_request request("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    const auto turned = turn_away(route, request.get(), who, rates, now);
    return turned ? turned->status : 0;
}

} // namespace

TEST_SUITE_BEGIN("route_gate");

TEST_CASE("without lists everybody comes in; with them, those allowed and not denied")
{
    routing::request_rates rates;
    conf::edge_options route;
    CHECK(gate(route, client("192.0.2.1"), rates) == 0);
    CHECK(gate(route, std::nullopt, rates) == 0);
    route.allow = blocks("10.0.0.0/8");
    CHECK(gate(route, client("10.1.2.3"), rates) == 0);
    CHECK(gate(route, client("192.0.2.1"), rates) == 403);
    CHECK(gate(route, std::nullopt, rates) == 403);
    route.allow.unix_sockets = true;
    CHECK(gate(route, std::nullopt, rates) == 0);
    route.deny = blocks("10.1.0.0/16");
    CHECK(gate(route, client("10.1.2.3"), rates) == 403);
    CHECK(gate(route, client("10.2.2.3"), rates) == 0);
    route.allow = {};
    CHECK(gate(route, client("192.0.2.1"), rates) == 0);
}

TEST_CASE("who comes too fast is told when to come back")
{
    routing::request_rates rates;
    conf::edge_options route;
    route.request_rate = conf::request_rate_options{{0.5, 2}, conf::rate_key::client, ""};
    const test::parsed_request request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto at = [&](std::string_view ip) {
        return turn_away(route, request.get(), client(ip), rates, 5s);
    };
    CHECK_FALSE(at("192.0.2.1"));
    CHECK_FALSE(at("192.0.2.1"));
    const auto turned = at("192.0.2.1");
    REQUIRE(turned.has_value());
    CHECK(turned->status == 429);
    CHECK(turned->header_lines == "Retry-After: 2\r\n");
    CHECK_FALSE(at("192.0.2.2"));
    CHECK_FALSE(at("2001:db8::1"));
    CHECK_FALSE(at("2001:db8::2")); // the same subscriber
    CHECK(at("2001:db8::3").has_value());
}

TEST_CASE("a header's or cookie's value counts wherever it comes from, and without one the address does")
{
    for (const auto by : {conf::rate_key::header, conf::rate_key::cookie}) {
        routing::request_rates rates;
        conf::edge_options route;
        const bool is_header = by == conf::rate_key::header;
        route.request_rate = conf::request_rate_options{{1, 1}, by, is_header ? "x-key" : "key"};
        const auto line = [&](const std::string& value) {
            return is_header ? "X-Key: " + value + "\r\n" : "Cookie: a=b; key=" + value + "\r\n";
        };
        CHECK(gate(route, client("192.0.2.1"), rates, line("one")) == 0);
        CHECK(gate(route, client("192.0.2.2"), rates, line("one")) == 429);
        CHECK(gate(route, client("192.0.2.1"), rates, line("two")) == 0);
        CHECK(gate(route, client("192.0.2.1"), rates) == 0);
        CHECK(gate(route, client("192.0.2.1"), rates) == 429);
        CHECK(gate(route, client("192.0.2.1"), rates, line("one"), 6s) == 0);
    }
}

TEST_SUITE_END();

} // namespace fairlead::http
