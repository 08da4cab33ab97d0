#include "proxy/http/response_rules.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::http;
using fairlead::http::test::parsed_response;

namespace {

response_facts facts_of(const std::string& text, const asked_for& asked = {})
{
    CAPTURE(text);
    const parsed_response response(text);
    const auto verdict = check_response(response.get(), asked);
    REQUIRE(verdict.has_value());
    return *verdict;
}

void check_bad(const std::string& text, response_fault fault, const asked_for& asked = {})
{
    CAPTURE(text);
    const parsed_response response(text);
    const auto verdict = check_response(response.get(), asked);
    REQUIRE(verdict.has_error());
    CHECK(verdict.error() == fault);
    CHECK_FALSE(reason_of(fault).empty());
}

bool is_bad(const std::string& text)
{
    head response;
    const auto parsed = response_head_parser().parse(text, response);
    return parsed.status == parse_status::bad || check_response(response, {}).has_error();
}

constexpr body_framing none{};
constexpr body_framing until_close{framing_kind::until_close, 0};
constexpr body_framing chunked{framing_kind::chunked, 0};
constexpr body_framing five{framing_kind::length, 5};

} // namespace

TEST_CASE("the body of a response ends as its fields say (RFC 9112 6.3)")
{
    CHECK(facts_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").framing == five);
    CHECK(facts_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n").framing == chunked);
    CHECK(facts_of("HTTP/1.1 200 OK\r\n\r\n").framing == until_close);
    CHECK(facts_of("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n").framing == five);
}

TEST_CASE("a response to HEAD, a 204 and a 304 have no body (RFC 9112 6.3)")
{
    const auto head_answer =
        facts_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {.method = method_kind::head});
    CHECK(head_answer.framing == none);
    CHECK(head_answer.declared == five);
    CHECK(head_answer.keep_alive);
    CHECK(facts_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").framing == none);
    CHECK(facts_of("HTTP/1.1 304 Not Modified\r\n\r\n").keep_alive);
    CHECK(facts_of("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").framing == none);
    CHECK(facts_of("HTTP/1.1 204 No Content\r\n\r\n").keep_alive);
}

TEST_CASE("a 204 that claims a body costs the backend connection (RFC 9110 15.3.5)")
{
    CHECK_FALSE(facts_of("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").keep_alive);
    CHECK_FALSE(facts_of("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n").keep_alive);
}

TEST_CASE("a 1xx is interim, and bad when it claims a body (RFC 9110 15.2)")
{
    CHECK(facts_of("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n").is_interim);
    CHECK(facts_of("HTTP/1.1 100 Continue\r\n\r\n").framing == none);
    CHECK_FALSE(facts_of("HTTP/1.1 200 OK\r\n\r\n").is_interim);
    check_bad("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", response_fault::body_on_interim);
    check_bad("HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n",
              response_fault::body_on_interim);
}

TEST_CASE("a 101 passes only when an upgrade was asked for (RFC 9110 15.2.2)")
{
    const std::string switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    check_bad(switching, response_fault::unasked_upgrade);
    const auto facts = facts_of(switching, {.upgrade = true});
    CHECK(facts.is_switching);
    CHECK_FALSE(facts.is_interim);
    CHECK(facts.framing == none);
}

TEST_CASE("a status outside 100 to 599 is bad (RFC 9110 15)")
{
    check_bad("HTTP/1.1 099 X\r\n\r\n", response_fault::bad_status);
    check_bad("HTTP/1.1 000 X\r\n\r\n", response_fault::bad_status);
    check_bad("HTTP/1.1 600 X\r\n\r\n", response_fault::bad_status);
    check_bad("HTTP/1.1 999 X\r\n\r\n", response_fault::bad_status);
    CHECK(facts_of("HTTP/1.1 599 X\r\n\r\n").status == 599);
}

TEST_CASE("a Transfer-Encoding other than one chunked is bad (RFC 9112 6.1)")
{
    for (const auto* value :
         {"gzip", "gzip, chunked", "chunked, chunked", "xchunked", "", "chunked;a=b", "identity"})
    {
        check_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + std::string(value) + "\r\n\r\n",
                  response_fault::bad_transfer_encoding);
    }
    check_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
              response_fault::bad_transfer_encoding);
}

TEST_CASE("a Transfer-Encoding in HTTP/1.0 is bad (RFC 9112 6.1)")
{
    check_bad("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", response_fault::bad_transfer_encoding);
}

TEST_CASE("a Content-Length beside Transfer-Encoding is bad in a response too (RFC 9112 6.3)")
{
    check_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
              response_fault::length_and_transfer_encoding);
    CHECK(is_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"));
    CHECK(is_bad("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_CASE("a repeated, listed or malformed Content-Length is bad in a response too (RFC 9112 6.3)")
{
    check_bad("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
              response_fault::bad_content_length);
    check_bad("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", response_fault::bad_content_length);
    CHECK(is_bad("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"));
    CHECK(is_bad("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"));
    CHECK(is_bad("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n"));
}

TEST_CASE("a folded line in a response is bad (RFC 9112 5.2)")
{
    CHECK(is_bad("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"));
}

TEST_CASE("a response's Connection that names end-to-end fields is bad (RFC 9110 7.6.1)")
{
    check_bad("HTTP/1.1 200 OK\r\nConnection: Set-Cookie\r\n\r\n", response_fault::bad_connection);
}

TEST_CASE("a backend connection is kept by version, Connection and framing (RFC 9112 9.3)")
{
    CHECK(facts_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").keep_alive);
    CHECK_FALSE(facts_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n").keep_alive);
    CHECK_FALSE(facts_of("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n").keep_alive);
    CHECK(facts_of("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n").keep_alive);
    CHECK_FALSE(facts_of("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}
