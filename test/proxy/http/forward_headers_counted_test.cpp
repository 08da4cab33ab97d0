// What forward_headers counts down, adds by the clock and says anew.
#include "proxy/http/forward_headers.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using namespace fairlead::http;
using fairlead::http::test::parsed_request;
using fairlead::http::test::parsed_response;

namespace {

constexpr std::string_view now = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

std::string forward(const std::string& text)
{
    CAPTURE(text);
    const parsed_request request(text);
    const auto verdict = check_request(request.get());
    REQUIRE(verdict.has_value());
    std::string out;
    append_request_head(out, request.get(), *verdict, {.x_forwarded = false});
    return out;
}

std::string answer(const std::string& lines, const response_forwarding& how)
{
    const parsed_response response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + "\r\n");
    const auto verdict = check_response(response.get(), {});
    REQUIRE(verdict.has_value());
    std::string out;
    append_response_head(out, response.get(), *verdict, how);
    return out;
}

std::size_t count(const std::string& text, std::string_view part)
{
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

} // namespace

TEST_CASE("Max-Forwards of OPTIONS goes on one lower (RFC 9110 7.6.2)")
{
    CHECK(forward("OPTIONS * HTTP/1.1\r\nHost: a\r\nmax-forwards: 10\r\n\r\n") ==
          "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 9\r\n\r\n");
    CHECK(forward("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n") ==
          "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
}

TEST_CASE("Max-Forwards of another method passes as sent")
{
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n";
    CHECK(forward(text) == text);
}

TEST_CASE("an answer without Date gets one, another keeps its own (RFC 9110 6.6.1)")
{
    CHECK(count(answer("", {.date_line = now}), now) == 1);
    const std::string own = answer("date: Tue, 15 Nov 1994 08:12:31 GMT\r\n", {.date_line = now});
    CHECK(count(own, now) == 0);
    CHECK(count(own, "date: Tue, 15 Nov 1994 08:12:31 GMT\r\n") == 1);
}

TEST_CASE("a route's headers have the last word on Date")
{
    const std::vector<conf::header_value> removed{{"date", ""}};
    CHECK(count(answer("Date: x\r\n", {.date_line = now, .set_headers = removed}), "ate: ") == 0);
}

TEST_CASE("that an HTTP/1.1 client takes trailers is said anew, and nothing else of its TE (RFC 9110 10.1.4)")
{
    const auto with = [](const std::string& lines, const std::string& version = "1.1") {
        return forward("GET / HTTP/" + version + "\r\nHost: a\r\n" + lines + "\r\n");
    };
    const std::string said = "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n";
    const std::string silent = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(with("Connection: TE\r\nTE: trailers\r\n") == said);
    CHECK(with("TE: gzip;q=0.5, Trailers\r\n") == said);
    CHECK(with("TE: gzip\r\nTE: trailers\r\nTE: trailers\r\n") == said);
    CHECK(with("TE: gzip\r\n") == silent);
    CHECK(with("TE: \"trailers\"\r\n") == silent);
    CHECK(with("TE: trailers\r\n", "1.0") == silent);
}
