#include "conf/values.hpp"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::conf {

namespace {

std::string endpoint_text(std::string_view text)
{
    const auto value = parse_endpoint(text);
    return value ? value->text : "none";
}

std::string block_text(std::string_view text)
{
    const auto value = parse_cidr(text);
    return value ? to_string(*value) : "none";
}

} // namespace

TEST_CASE("an IPv4 address is written as it is read")
{
    for (const char* text : {"0.0.0.0", "1.22.103.0", "255.255.255.255", "10.0.1.200"}) {
        const auto address = parse_ip_address(text);
        REQUIRE(address);
        CHECK(to_string(*address) == text);
    }
}

TEST_CASE("an IP address is read in its plain spelling and written in the canonical one (RFC 5952)")
{
    const auto v4 = parse_ip_address("10.0.0.1");
    REQUIRE(v4);
    CHECK_FALSE(v4->is_v6);
    CHECK(v4->bytes[0] == 10);
    CHECK(v4->bytes[3] == 1);
    const auto v6 = parse_ip_address("FD00:0:0::0001");
    REQUIRE(v6);
    CHECK(v6->is_v6);
    CHECK(v6->bytes[0] == 0xfd);
    CHECK(to_string(*v6) == "fd00::1");
    for (const auto* text :
         {"", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1 ", "[::1]", "fe80::1%eth0", ":::", "a.b", "1"})
    {
        CAPTURE(text);
        CHECK_FALSE(parse_ip_address(text).has_value());
    }
    CHECK_FALSE(parse_ip_address(std::string_view("10.0.0.1\0x", 10)).has_value());
}

TEST_CASE("a block is an address, or an address with a prefix length and no bits behind it")
{
    CHECK(block_text("10.0.1.0/28") == "10.0.1.0/28");
    CHECK(block_text("10.0.1.7") == "10.0.1.7");
    CHECK(block_text("10.0.1.7/32") == "10.0.1.7");
    CHECK(block_text("0.0.0.0/0") == "0.0.0.0/0");
    CHECK(block_text("fd00::/8") == "fd00::/8");
    CHECK(block_text("fd00::1/128") == "fd00::1");
    for (const auto* text : {"10.0.1.3/28", "10.0.1.0/33", "fd00::/129", "fd00::1/64", "10.0.1.0/",
                             "10.0.1.0/+8", "10.0.1.0/08", "/8", "10.0.1.0/8/8", "x/8"})
    {
        CAPTURE(text);
        CHECK(block_text(text) == "none");
    }
}

TEST_CASE("blocks overlap when one holds the other")
{
    const auto overlap = [](std::string_view a, std::string_view b) {
        return overlaps(*parse_cidr(a), *parse_cidr(b)) && overlaps(*parse_cidr(b), *parse_cidr(a));
    };
    CHECK(overlap("10.0.1.0/24", "10.0.1.7"));
    CHECK(overlap("10.0.1.7", "10.0.1.7"));
    CHECK(overlap("0.0.0.0/0", "10.0.1.0/24"));
    CHECK(overlap("fd00::/8", "fd00::/64"));
    CHECK_FALSE(overlap("10.0.0.0/24", "10.0.1.0/24"));
    CHECK_FALSE(overlap("10.0.1.6", "10.0.1.7"));
    CHECK_FALSE(overlap("0.0.0.0/0", "::/0"));
    CHECK_FALSE(overlap("fd00::/65", "fd00:0:0:0:8000::/65"));
}

TEST_CASE("a block knows how many addresses it holds")
{
    CHECK(address_count(*parse_cidr("10.0.1.7")) == 1);
    CHECK(address_count(*parse_cidr("10.0.1.0/28")) == 16);
    CHECK(address_count(*parse_cidr("0.0.0.0/0")) == 4'294'967'296u);
    CHECK(address_count(*parse_cidr("fd00::/120")) == 256);
    CHECK(address_count(*parse_cidr("::/0")) == std::uint64_t{1} << 63);
}

TEST_CASE("an endpoint is an address, a name or a Unix socket, with one spelling as its label")
{
    CHECK(endpoint_text("10.0.0.1:80") == "10.0.0.1:80");
    CHECK(endpoint_text("[FD00::0:1]:80") == "[fd00::1]:80");
    CHECK(endpoint_text("App.Internal:9000") == "app.internal:9000");
    CHECK(endpoint_text("app.internal.:9000") == "app.internal.:9000");
    CHECK(endpoint_text("chat_1:9000") == "chat_1:9000");
    CHECK(endpoint_text("unix:/run/app.sock") == "unix:/run/app.sock");
    CHECK(endpoint_text("127.0.0.1:0") == "127.0.0.1:0");

    const auto name = parse_endpoint("App:9000");
    REQUIRE(name);
    CHECK(name->what == endpoint::kind::name);
    CHECK(name->host == "app");
    CHECK(name->port == 9'000);
    const auto path = parse_endpoint("unix:/a");
    REQUIRE(path);
    CHECK(path->what == endpoint::kind::unix_path);
    CHECK(path->path == "/a");
    const auto ip = parse_endpoint("[::1]:65535");
    REQUIRE(ip);
    CHECK(ip->what == endpoint::kind::ip);
    CHECK(ip->ip.is_v6);
    CHECK(ip->port == 65'535);
}

TEST_CASE("an endpoint without a port, with a bad one, or with a mistyped host is none")
{
    for (const auto* text : {"",
                             ":",
                             ":80",
                             "10.0.0.1",
                             "10.0.0.1:",
                             "10.0.0.1:65536",
                             "10.0.0.1:-1",
                             "10.0.0.1:080",
                             "10.0.0.1: 80",
                             "10.0.0.256:80",
                             "10.0.0:80",
                             "1.2.3.4.5:80",
                             "[10.0.0.1]:80",
                             "[::1]",
                             "::1:80",
                             "[fe80::1%lo]:80",
                             "a b:80",
                             "-a:80",
                             "a-:80",
                             "a..b:80",
                             ".a:80",
                             "http://a:80",
                             "a/b:80",
                             "\xC3\xA9:80",
                             "unix:",
                             "unix:run",
                             "unix:/run/"})
    {
        CAPTURE(text);
        CHECK(endpoint_text(text) == "none");
    }
    CHECK(endpoint_text("unix:/" + std::string(106, 'a')) != "none");
    CHECK(endpoint_text("unix:/" + std::string(107, 'a')) == "none");
    CHECK(endpoint_text(std::string(63, 'a') + ":80") != "none");
    CHECK(endpoint_text(std::string(64, 'a') + ":80") == "none");
}

TEST_CASE("one listens on addresses, not on names, and a port alone is every address")
{
    CHECK(parse_listen_endpoint(":8080")->text == "[::]:8080");
    CHECK(parse_listen_endpoint("0.0.0.0:8080")->text == "0.0.0.0:8080");
    CHECK(parse_listen_endpoint("unix:/run/a")->what == endpoint::kind::unix_path);
    CHECK_FALSE(parse_listen_endpoint("localhost:8080").has_value());
    CHECK_FALSE(parse_listen_endpoint("8080").has_value());
    CHECK_FALSE(parse_listen_endpoint(":").has_value());
    CHECK_FALSE(parse_listen_endpoint("::8080").has_value());
}

} // namespace fairlead::conf
