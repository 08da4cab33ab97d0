#include "conf/http_syntax.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

TEST_CASE("a token is one or more of the characters of RFC 9110 5.6.2")
{
    for (const auto* text : {"a", "X-Tenant", "!#$%&'*+-.^_`|~09azAZ"}) {
        CHECK(is_token(text));
    }
    for (const auto* text :
         {"", "a b", "a:", "a\t", "\"a\"", "a(", "a/b", "\xC3\xA9", "a,b", "a;", "a=", "{a}", "a\x7f"})
    {
        CAPTURE(text);
        CHECK_FALSE(is_token(text));
    }
    CHECK_FALSE(is_token(std::string_view("a\0", 2)));
}

TEST_CASE("a header value has no control characters and no space at its ends (RFC 9110 5.5)")
{
    for (const auto* text : {"", "a", "a b\tc", "\xC3\xA9"}) {
        CHECK(problem_of_field_value(text).empty());
    }
    for (const auto* text : {"a\r\nB: c", "a\n", "\x01", "a\x7f", " a", "a ", "a\t"}) {
        CAPTURE(text);
        CHECK_FALSE(problem_of_field_value(text).empty());
    }
    CHECK_FALSE(problem_of_field_value(std::string_view("a\0b", 3)).empty());
}

TEST_CASE("fields of framing, of the hop and of the WebSocket handshake are reserved, in any case")
{
    for (const auto* name :
         {"Content-Length", "transfer-encoding", "CONNECTION", "Upgrade", "TE", "Trailer", "Keep-Alive",
          "Proxy-Authorization", "Proxy-Connection", "Sec-WebSocket-Key", "sec-websocket-protocol"})
    {
        CAPTURE(name);
        CHECK(is_reserved_field(name));
    }
    for (const auto* name : {"Host", "Cookie", "X-Proxy-Id", "Content-Type", "Sec-Fetch-Mode", "Te-x"}) {
        CAPTURE(name);
        CHECK_FALSE(is_reserved_field(name));
    }
}

TEST_CASE("a host is a name, a wildcard for the first labels, or an address, and has no port")
{
    for (const auto* host :
         {"a", "a.b", "A.Example.com", "*.b", "*.a.b", "xn--bcher-kva.example", "10.0.0.1", "[::1]", "a_b.c"})
    {
        CAPTURE(host);
        CHECK(problem_of_host(host).empty());
    }
    for (const auto* host : {"",
                             "*",
                             "a:80",
                             "[::1]:80",
                             "::1",
                             "[x]",
                             "[10.0.0.1]",
                             "*a.b",
                             "a.*",
                             "a.*.b",
                             "*.*.b",
                             "*.",
                             "a..b",
                             ".a",
                             "a.",
                             "http://a",
                             "a/b",
                             "a b",
                             "b\xC3\xBC"
                             "cher.example",
                             "1.2.3"})
    {
        CAPTURE(host);
        CHECK_FALSE(problem_of_host(host).empty());
    }
    CHECK(problem_of_host("a.b:8080") == "a host is matched without its port: leave ':8080' out");
    CHECK(problem_of_host("::1") == "an IPv6 address stands in brackets in a Host header: \"[::1]\"");
}

TEST_CASE("a path starts with a slash and is written as it is sent")
{
    for (const auto* path : {"/", "/a", "/a/", "/a%20b", "/~x/@:!$&'()*+,;=", "/a*"}) {
        CAPTURE(path);
        CHECK(problem_of_path(path).empty());
    }
    for (const auto* path :
         {"", "a", "/a?b", "/a#b", "/a b", "/\xC3\xA9", "/a%2", "/a%zz", "/%", "/chat/*", "*", "/a\tb"})
    {
        CAPTURE(path);
        CHECK_FALSE(problem_of_path(path).empty());
    }
}

TEST_CASE("a regex that RE2 refuses is told with its words")
{
    CHECK(problem_of_regex("/v[0-9]+/.*").empty());
    CHECK(problem_of_regex("a[b") == "is not a regex: missing ]: [b");
    CHECK_FALSE(problem_of_regex("(").empty());
    CHECK_FALSE(problem_of_regex("(?=a)").empty());
    CHECK_FALSE(problem_of_regex("(((a{1000}){1000}){1000})").empty());
}

} // namespace fairlead::conf
