#include "proxy/http/sticky_wish.hpp"

#include "proxy/http/cookie_values.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace fairlead::http {
namespace {

using upstream::hash_of_value;
using upstream::stickiness;

const std::vector<stickiness::member> members{{"10.0.0.1:80", 1}, {"10.0.0.2:80", 1}};

stickiness rules(conf::sticky_key by, std::string name)
{
    conf::sticky_options options;
    options.by = by;
    options.name = std::move(name);
    options.secret = "0123456789abcdef";
    return stickiness(options, "chat", members);
}

struct asked
{
    std::string target = "/";
    std::string lines = {};
    std::optional<net::ip_port> client = {};
};

upstream::sticky_wish wish(const stickiness& by, const asked& what)
{
    const test::parsed_request request("GET " + what.target + " HTTP/1.1\r\nHost: a\r\n" + what.lines +
                                       "\r\n");
    const auto facts = check_request(request.get());
    REQUIRE(facts.has_value());
    return find_sticky_wish(by, request.get(), *facts, what.client);
}

net::ip_port client(std::string_view ip) { return {conf::parse_ip_address(ip).value(), 40'000}; }

std::vector<std::string> cookies(const std::string& lines, std::string_view name)
{
    const test::parsed_request request("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    cookie_values values(request.get(), name);
    std::vector<std::string> out;
    while (const auto value = values.next())
        out.emplace_back(*value);
    return out;
}

} // namespace

TEST_SUITE_BEGIN("sticky_wish");

TEST_CASE("cookies of a name are found in every field, among others, with and without quotes")
{
    using list = std::vector<std::string>;
    CHECK(cookies("", "a").empty());
    CHECK(cookies("Cookie: a=1\r\n", "a") == list{"1"});
    CHECK(cookies("Cookie: b=0; a=1;a=2 ;  a = 3\r\nCookie: A=4; a=\"5\"; aa=6; a=\r\n", "a") ==
          list{"1", "2", "3", "5", ""});
    CHECK(cookies("Cookie: ;;=; a; a=x=y; \r\n", "a") == list{"x=y"});
    CHECK(cookies("Cookie: a=\"\r\n", "a") == list{"\""});
}

TEST_CASE("the first valid cookie counts, whatever stands before it")
{
    const stickiness by = rules(conf::sticky_key::cookie, "SRV");
    const std::string line = by.set_cookie_line(1, false);
    const std::string pair = line.substr(12, line.find(';') - 12);
    CHECK(wish(by, {.lines = "Cookie: " + pair + "\r\n"}).position == 1);
    CHECK(wish(by, {.lines = "Cookie: SRV=planted; " + pair + "\r\n"}).position == 1);
    CHECK(wish(by, {.lines = "Cookie: SRV=planted\r\nCookie: x=y; " + pair + "\r\n"}).position == 1);
    CHECK_FALSE(wish(by, {.lines = "Cookie: SRV=planted\r\n"}).position);
    CHECK_FALSE(wish(by, {.lines = "Cookie: srv" + pair.substr(3) + "\r\n"}).position);
    CHECK(wish(by, {.lines = "Cookie: " + pair + "\r\n"}).key == 0);
}

TEST_CASE("values are hashed as they came, and an empty one is none")
{
    using key = conf::sticky_key;
    CHECK(wish(rules(key::header, "x-room"), {.lines = "X-Room: a\r\nX-Room: b\r\n"}).key ==
          hash_of_value("a"));
    CHECK(wish(rules(key::header, "x-room"), {.lines = "X-Room:\r\n"}).key == 0);
    CHECK(wish(rules(key::header, "x-room"), {}).key == 0);
    CHECK(wish(rules(key::query, "room"), {.target = "/?r=1&room=a%62&room=c"}).key == hash_of_value("ab"));
    CHECK(wish(rules(key::query, "room"), {.target = "/?rooms=a"}).key == 0);
    CHECK(wish(rules(key::path, ""), {.target = "/rooms/7?x=1"}).key == hash_of_value("/rooms/7"));
    CHECK(wish(rules(key::app_cookie, "SID"), {.lines = "Cookie: a=b; SID=s1; SID=s2\r\n"}).key ==
          hash_of_value("s1"));
}

TEST_CASE("a client is its IPv4 address or the /64 of its IPv6 one, whatever its port")
{
    const stickiness by = rules(conf::sticky_key::client, "");
    const auto key = [&](std::string_view ip) { return wish(by, {.client = client(ip)}).key; };
    CHECK(key("192.0.2.1") != 0);
    CHECK(key("192.0.2.1") != key("192.0.2.2"));
    CHECK(key("192.0.2.1") == key("::ffff:192.0.2.1"));
    CHECK(key("2001:db8::1") == key("2001:db8::ffff:1"));
    CHECK(key("2001:db8::1") != key("2001:db8:0:1::1"));
    CHECK(wish(by, {}).key == 0);
}

TEST_SUITE_END();

} // namespace fairlead::http
