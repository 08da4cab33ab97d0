#include "proxy/server/explain_request.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::server;

namespace {

std::string bytes_of(const explain_request& asked)
{
    const auto made = imagine(asked);
    REQUIRE_FALSE(made.has_error());
    return made->bytes;
}

std::string why(const explain_request& asked)
{
    const auto made = imagine(asked);
    return made.has_error() ? made.error().why : "";
}

} // namespace

TEST_CASE("a URL is the request that a client would send")
{
    CHECK(bytes_of({.url = "http://a.example/x?y=1"}) == "GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\n\r\n");
    CHECK(bytes_of({.url = "HTTPS://a.example:8443"}) == "GET / HTTP/1.1\r\nHost: a.example:8443\r\n\r\n");
    CHECK(bytes_of({.url = "http://a?x"}) == "GET /?x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(bytes_of({.url = "http://a/", .method = "PUT", .headers = {"host: b", "X: 1"}}) ==
          "PUT / HTTP/1.1\r\nhost: b\r\nX: 1\r\n\r\n");
}

TEST_CASE("the port is the URL's, or that of its scheme")
{
    CHECK(imagine({.url = "http://a/"})->port == 80);
    CHECK(imagine({.url = "wss://a/"})->port == 443);
    CHECK(imagine({.url = "wss://a/"})->is_secure);
    CHECK(imagine({.url = "http://a:8080/x:9"})->port == 8080);
    CHECK(imagine({.url = "http://[::1]:81/"})->port == 81);
    CHECK(imagine({.url = "http://[::1]/"})->port == 80);
}

TEST_CASE("ws and wss ask for a WebSocket, and leave what was said of it")
{
    const std::string asked = bytes_of({.url = "ws://a/", .headers = {"Sec-WebSocket-Version: 12"}});
    CHECK(asked.find("Upgrade: websocket\r\n") != asked.npos);
    CHECK(asked.find("Sec-WebSocket-Key: ") != asked.npos);
    CHECK(asked.find("Version: 13") == asked.npos);
    CHECK(asked.find("Version: 12") != asked.npos);
}

TEST_CASE("what is no request is told")
{
    CHECK_FALSE(why({.url = "a.example/x"}).empty());
    CHECK_FALSE(why({.url = "ftp://a/"}).empty());
    CHECK_FALSE(why({.url = "http:///x"}).empty());
    CHECK_FALSE(why({.url = "http://a/ b"}).empty());
    CHECK_FALSE(why({.url = "http://a/\r\nX: 1"}).empty());
    CHECK_FALSE(why({.url = "http://a/", .headers = {"no field"}}).empty());
    CHECK_FALSE(why({.url = "http://a/", .headers = {"X: 1\r\nY: 2"}}).empty());
    CHECK_FALSE(why({.url = "http://a/", .method = "GET / HTTP/1.1\r\nHost: b\r\n\r\n"}).empty());
    CHECK_FALSE(why({.url = "http://a/", .method = ""}).empty());
    CHECK_FALSE(why({.url = "http://a/", .client = "not an address"}).empty());
    CHECK_FALSE(why({.url = "http://a/" + std::string(9'000, 'x')}).empty());
    CHECK_FALSE(why({.url = "http://a/", .headers = std::vector<std::string>(65, "X: 1")}).empty());
    CHECK(why({.url = "http://a/", .client = "[2001:db8::1]:7"}).empty());
}
