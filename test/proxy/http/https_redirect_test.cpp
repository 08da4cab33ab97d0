#include "proxy/http/https_redirect.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace fairlead;
using namespace fairlead::http;
using namespace std::chrono_literals;

namespace {

std::optional<std::string> where(const std::string& host, const std::string& target, std::uint16_t port,
                                 const std::string& method = "GET")
{
    const test::parsed_request request(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    const auto facts = check_request(request.get());
    REQUIRE(facts.has_value());
    return https_location(*facts, port);
}

} // namespace

TEST_CASE("a request is sent to https at its own host, with path and query as they are")
{
    CHECK(where("a.example", "/x?y=%20z", 443) == "https://a.example/x?y=%20z");
    CHECK(where("a.example:8080", "/?", 443) == "https://a.example/?");
    CHECK(where("a.example:8080", "/", 8443) == "https://a.example:8443/");
    CHECK(where("[::1]:8080", "/", 443) == "https://[::1]/");
    CHECK(where("[::1]", "/", 8443) == "https://[::1]:8443/");
    CHECK(where("a.example", "http://a.example/x?y", 443) == "https://a.example/x?y");
    CHECK(where("a.example", "http://a.example", 443) == "https://a.example/");
    CHECK(where("a.example", "http://a.example?x=a/b", 443) == "https://a.example/?x=a/b");
}

TEST_CASE("without a host or a path there is nowhere to send it")
{
    CHECK_FALSE(where("a.example", "*", 443, "OPTIONS"));
    const test::parsed_request old("GET / HTTP/1.0\r\n\r\n");
    CHECK_FALSE(https_location(*check_request(old.get()), 443));
}

TEST_CASE("GET and HEAD move for good, others keep their method (RFC 9110 15.4.9)")
{
    CHECK(redirect_status("GET") == 301);
    CHECK(redirect_status("HEAD") == 301);
    CHECK(redirect_status("POST") == 308);
}

TEST_CASE("Strict-Transport-Security is written as RFC 6797 6.1 has it")
{
    CHECK(hsts_line({365 * 24h, false, false}) == "Strict-Transport-Security: max-age=31536000\r\n");
    CHECK(hsts_line({0h, false, false}) == "Strict-Transport-Security: max-age=0\r\n");
    CHECK(hsts_line({365 * 24h, true, true}) ==
          "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n");
}
