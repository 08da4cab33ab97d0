#include "proxy/http/trusted_peers.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

using namespace fairlead;

namespace {

std::optional<net::ip_port> at(std::string_view ip, std::uint16_t port = 0)
{
    return net::ip_port{conf::parse_ip_address(ip).value(), port};
}

conf::peer_list list_of(std::initializer_list<std::string_view> blocks, bool unix_sockets = false)
{
    conf::peer_list out;
    for (const auto block : blocks)
        out.blocks.push_back(conf::parse_cidr(block).value());
    out.unix_sockets = unix_sockets;
    return out;
}

// Of a request with these fields, which came from a peer in 10.0.0.0/8.
std::optional<net::ip_port> client_of(const std::string& fields)
{
    const http::test::parsed_request request("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    return http::forwarded_client(request.get(), list_of({"10.0.0.0/8", "fd00::/8"}));
}

} // namespace

TEST_CASE("a list holds the addresses of its blocks, and Unix sockets where it says so")
{
    const auto list = list_of({"10.0.0.0/9", "192.0.2.7", "fd00::/12"});
    CHECK(http::holds(list, at("10.127.255.255")));
    CHECK_FALSE(http::holds(list, at("10.128.0.0")));
    CHECK(http::holds(list, at("192.0.2.7")));
    CHECK_FALSE(http::holds(list, at("192.0.2.6")));
    CHECK(http::holds(list, at("fd0f::1")));
    CHECK_FALSE(http::holds(list, at("fd10::1")));
    CHECK_FALSE(http::holds(list, std::nullopt));
    CHECK(http::holds(list_of({}, true), std::nullopt));
    CHECK_FALSE(http::holds(list_of({}, true), at("10.0.0.1")));
    CHECK(http::holds(list_of({"0.0.0.0/0"}), at("255.255.255.255")));
    CHECK_FALSE(http::holds(list_of({"0.0.0.0/0"}), at("::")));
}

TEST_CASE("the client is the last address of X-Forwarded-For that is not a trusted proxy's")
{
    CHECK(client_of("X-Forwarded-For: 192.0.2.1\r\n") == at("192.0.2.1"));
    CHECK(client_of("X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n") == at("192.0.2.1"));
    CHECK(client_of("X-Forwarded-For: 198.51.100.1,192.0.2.1 ,\t10.0.0.7,, fd00::1,\r\n") == at("192.0.2.1"));
    CHECK(client_of("X-Forwarded-For: 2001:db8::1, 10.1.2.3\r\n") == at("2001:db8::1"));
}

TEST_CASE("several X-Forwarded-For fields are one list, and others of that family are no part of it")
{
    CHECK(client_of("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n"
                    "x-forwarded-for: 192.0.2.1, 10.0.0.7\r\nX-Forwarded-Host: 203.0.113.9\r\n"
                    "X-FORWARDED-FOR: 10.0.0.8\r\n") == at("192.0.2.1"));
}

TEST_CASE("when all are trusted the first one is the client")
{
    CHECK(client_of("X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n") == at("10.0.0.1"));
}

TEST_CASE("an entry that is no address ends the reading at what was said behind it")
{
    CHECK(client_of("X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.2\r\n") == at("10.0.0.2"));
    CHECK(client_of("X-Forwarded-For: 192.0.2.1, unknown\r\n") == std::nullopt);
    CHECK(client_of("X-Forwarded-For: \r\n") == std::nullopt);
    CHECK(client_of("X-Forwarded-For: ,,,\r\n") == std::nullopt);
    CHECK(client_of("") == std::nullopt);
}

TEST_CASE("a list without end is read to a bound")
{
    std::string list = "192.0.2.1";
    for (std::size_t i = 1; i < http::max_forwarded_entries; ++i)
        list += ", 10.0.0.1";
    CHECK(client_of("X-Forwarded-For: " + list + "\r\n") == at("192.0.2.1"));
    CHECK(client_of("X-Forwarded-For: " + list + ", 10.0.0.1\r\n") == at("10.0.0.1"));
}

TEST_CASE("an address may come with a port and with brackets, and IPv4 inside IPv6 is IPv4")
{
    CHECK(http::parse_forwarded_address("192.0.2.1:5000") == at("192.0.2.1", 5000));
    CHECK(http::parse_forwarded_address("[2001:db8::1]:5000") == at("2001:db8::1", 5000));
    CHECK(http::parse_forwarded_address("[2001:db8::1]") == at("2001:db8::1"));
    CHECK(http::parse_forwarded_address("::ffff:192.0.2.1") == at("192.0.2.1"));
    for (const auto text :
         {"", "[]", "[192.0.2.1]", "[2001:db8::1", "[2001:db8::1]5000", "192.0.2.1:", "192.0.2.1:x",
          "192.0.2.1:65536", "192.0.2.1:-1", "_hidden", "\"192.0.2.1\"", "192.0.2", "2001:db8::1%1"})
    {
        CAPTURE(text);
        CHECK_FALSE(http::parse_forwarded_address(text).has_value());
    }
}
