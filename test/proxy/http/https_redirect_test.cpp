#include "proxy/http/https_redirect.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::http;
using namespace std::chrono_literals;

TEST_CASE("a request is sent to https at its own host, with path and query as they are")
{
    CHECK(https_location("a.example", "/x?y=%20z", 443) == "https://a.example/x?y=%20z");
    CHECK(https_location("a.example:8080", "/", 443) == "https://a.example/");
    CHECK(https_location("a.example:8080", "/", 8443) == "https://a.example:8443/");
    CHECK(https_location("[::1]:8080", "/", 443) == "https://[::1]/");
    CHECK(https_location("[::1]", "/", 8443) == "https://[::1]:8443/");
    CHECK(https_location("a.example", "http://a.example/x?y", 443) == "https://a.example/x?y");
    CHECK(https_location("a.example", "http://a.example", 443) == "https://a.example/");
}

TEST_CASE("without a host or a path there is nowhere to send it")
{
    CHECK_FALSE(https_location("", "/", 443));
    CHECK_FALSE(https_location("a.example", "*", 443));
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
