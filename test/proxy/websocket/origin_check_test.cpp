#include "proxy/websocket/origin_check.hpp"

#include "conf/read_config.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;

namespace {

std::vector<conf::origin_pattern> patterns(const std::string& listed)
{
    const auto read = conf::read_config_text("websocket = { origins = [" + listed + "] }\n" +
                                                 R"(listen = [{ address = "127.0.0.1:1" }]
[pool.a]
backends = ["10.0.0.1:80"]
[[route]]
pool = "a"
)",
                                             "t.toml");
    REQUIRE(read.ok());
    return read.value.routes.at(0).websocket.origins;
}

bool is_allowed(const std::string& listed, const std::string& lines, std::string_view authority = "app.test")
{
    const http::test::parsed_request request("GET / HTTP/1.1\r\nHost: app.test\r\n" + lines + "\r\n");
    return websocket::is_origin_allowed(patterns(listed), request.get(), authority);
}

bool is_allowed_from(const std::string& listed, const std::string& origin,
                     std::string_view authority = "app.test")
{
    return is_allowed(listed, "Origin: " + origin + "\r\n", authority);
}

} // namespace

TEST_CASE("without patterns any origin may come, and none too")
{
    CHECK(is_allowed_from("", "https://evil.example"));
    CHECK(is_allowed("", ""));
}

TEST_CASE("an exact origin is compared whole, in any case, with its default port or without")
{
    const std::string listed = R"("https://app.example.com", "http://localhost:3000")";
    CHECK(is_allowed_from(listed, "https://app.example.com"));
    CHECK(is_allowed_from(listed, "HTTPS://App.Example.com:443"));
    CHECK(is_allowed_from(listed, "http://localhost:3000"));
    for (const auto* origin :
         {"http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.test",
          "https://evil.test/https://app.example.com", "https://xapp.example.com", "http://localhost", "null",
          "https://", "app.example.com"})
        CHECK_FALSE(is_allowed_from(listed, origin));
}

TEST_CASE("a wildcard is one label or more before its name")
{
    const std::string listed = R"("https://*.example.com")";
    CHECK(is_allowed_from(listed, "https://a.example.com"));
    CHECK(is_allowed_from(listed, "https://a.b.example.com"));
    CHECK_FALSE(is_allowed_from(listed, "https://example.com"));
    CHECK_FALSE(is_allowed_from(listed, "https://evilexample.com"));
    CHECK_FALSE(is_allowed_from(listed, "http://a.example.com"));
    CHECK_FALSE(is_allowed_from(listed, "https://a.example.com:8443"));
}

TEST_CASE("an origin is a scheme, a host and a port, and nothing that ends like one (RFC 6454 6.2)")
{
    const std::string listed = R"("https://*.example.com", "https://app.test", "same-host")";
    for (const auto* origin : {"https://evil.test/.example.com", "https://evil.test?.example.com",
                               "https://evil.test#.example.com", "https://evil.test\\.example.com",
                               "https://evil.test@a.example.com", "https://evil.test .example.com",
                               "https://evil.test,https://a.example.com", "https://app.test/",
                               "https://app.test@evil.test", "https://app.test."})
        CHECK_FALSE(is_allowed_from(listed, origin));
}

TEST_CASE("same-host is the request's own Host")
{
    CHECK(is_allowed_from("\"same-host\"", "https://app.test"));
    CHECK(is_allowed_from("\"same-host\"", "http://App.test:8080", "app.TEST:8080"));
    CHECK(is_allowed_from("\"same-host\"", "http://app.test:80", "app.test"));
    CHECK_FALSE(is_allowed_from("\"same-host\"", "https://other.test"));
    CHECK_FALSE(is_allowed_from("\"same-host\"", "https://app.test:8443"));
    CHECK_FALSE(is_allowed_from("\"same-host\"", "null"));
}

TEST_CASE("a request without an Origin passes only by `none`, and several Origins never do")
{
    CHECK_FALSE(is_allowed("\"same-host\"", ""));
    CHECK(is_allowed("\"same-host\", \"none\"", ""));
    CHECK_FALSE(is_allowed_from("\"none\"", "https://app.test"));
    CHECK_FALSE(is_allowed("\"same-host\"", "Origin: https://app.test\r\nOrigin: https://app.test\r\n"));
}
