#include "proxy/http/http_rules.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::http;
using fairlead::http::test::parsed_request;

namespace {

// A GET with a Host and these lines.
std::string with(std::string_view lines)
{
    return "GET / HTTP/1.1\r\nHost: example.com\r\n" + std::string(lines) + "\r\n";
}

// Beast refuses some shapes before the rules see them; to a client both are a 400.
unsigned status_for(const std::string& text)
{
    CAPTURE(text);
    head request;
    const auto parsed = request_head_parser().parse(text, request);
    if (parsed.status == parse_status::bad) return status_of(parsed.fault);
    REQUIRE(parsed.status == parse_status::done);
    const auto verdict = check_request(request);
    return verdict.has_value() ? 200 : verdict.error().status;
}

void check_refused(const std::string& text, refusal_kind kind, unsigned status = 400)
{
    CAPTURE(text);
    const parsed_request request(text);
    const auto verdict = check_request(request.get());
    REQUIRE(verdict.has_error());
    CHECK(verdict.error().kind == kind);
    CHECK(verdict.error().status == status);
    CHECK_FALSE(verdict.error().reason.empty());
}

request_facts facts_of(const parsed_request& request)
{
    const auto verdict = check_request(request.get());
    REQUIRE(verdict.has_value());
    return *verdict;
}

bool stays_open(const std::string& text)
{
    const parsed_request request(text);
    return facts_of(request).keep_alive;
}

} // namespace

TEST_CASE("a plain request gives its facts")
{
    const parsed_request request("GET /a/b?c=d HTTP/1.1\r\nHost: Example.com:8080\r\nAccept: */*\r\n\r\n");
    const auto facts = facts_of(request);
    CHECK(facts.method == method_kind::get);
    CHECK(facts.method_text == "GET");
    CHECK(facts.path == "/a/b");
    CHECK(facts.query == "c=d");
    CHECK(facts.has_query);
    CHECK(facts.authority == "Example.com:8080");
    CHECK(facts.host == "Example.com");
    CHECK(facts.framing == body_framing{});
    CHECK(facts.keep_alive);
    CHECK(facts.version_minor == 1);
    CHECK_FALSE(facts.is_upgrade);
    CHECK_FALSE(facts.expects_continue);
    std::string host;
    lower_case_host(facts, host);
    CHECK(host == "example.com");
}

TEST_CASE("a Content-Length or one chunked coding frames the body (RFC 9112 6.3)")
{
    const parsed_request sized("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0042\r\n\r\n");
    CHECK(facts_of(sized).framing == body_framing{framing_kind::length, 42});
    const parsed_request chunked("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ChunkeD\r\n\r\n");
    CHECK(facts_of(chunked).framing == body_framing{framing_kind::chunked, 0});
    const parsed_request empty("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    CHECK_FALSE(facts_of(empty).framing.has_body());
    CHECK(parse_content_length("9223372036854775807") == 9223372036854775807u);
}

TEST_CASE("a Content-Length next to Transfer-Encoding is refused in either order (RFC 9112 6.1)")
{
    CHECK(status_for(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 400);
    CHECK(status_for(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")) == 400);
    check_refused(with("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"),
                  refusal_kind::length_and_transfer_encoding);
    check_refused(with("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"),
                  refusal_kind::length_and_transfer_encoding);
}

TEST_CASE("a transfer coding before the final chunked is 501 (RFC 9112 6.1)")
{
    check_refused(with("Transfer-Encoding: gzip, chunked\r\n"), refusal_kind::unknown_transfer_coding, 501);
    check_refused(with("Transfer-Encoding: identity, chunked\r\n"), refusal_kind::unknown_transfer_coding,
                  501);
}

TEST_CASE("a Transfer-Encoding that does not end in chunked is refused (RFC 9112 6.3)")
{
    for (const auto* value :
         {"gzip", "xchunked", "identity", "chunked, identity", "chunkedx", "chunk ed", "cow"}) {
        check_refused(with("Transfer-Encoding: " + std::string(value) + "\r\n"),
                      refusal_kind::bad_transfer_encoding);
    }
}

TEST_CASE(
    "a chunked coding with parameters, quotes, commas, or twice, and an empty one is refused (RFC 9112 7.1)")
{
    for (const auto* value : {"", "\"chunked\"", "chunked;a=b", "chunked, chunked", "chunked,", ",chunked",
                              "'chunked'", "chunked;",
                              "\x0b"
                              "chunked"})
    {
        CHECK(status_for(with("Transfer-Encoding: " + std::string(value) + "\r\n")) >= 400);
    }
    check_refused(with("Transfer-Encoding: chunked, chunked\r\n"), refusal_kind::bad_transfer_encoding);
    check_refused(with("Transfer-Encoding: chunked;a=b\r\n"), refusal_kind::bad_transfer_encoding);
    check_refused(with("Transfer-Encoding:\r\n"), refusal_kind::bad_transfer_encoding);
}

TEST_CASE("two Transfer-Encoding fields are refused (RFC 9112 6.1)")
{
    check_refused(with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
                  refusal_kind::bad_transfer_encoding);
    CHECK(status_for(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == 400);
    CHECK(status_for(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")) == 400);
}

TEST_CASE("a Transfer-Encoding in HTTP/1.0 is refused (RFC 9112 6.1)")
{
    check_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                  refusal_kind::bad_transfer_encoding);
}

TEST_CASE("a repeated or listed Content-Length is refused, even if equal (RFC 9112 6.3)")
{
    check_refused(with("Content-Length: 5\r\nContent-Length: 5\r\n"), refusal_kind::bad_content_length);
    check_refused(with("Content-Length: 5, 5\r\n"), refusal_kind::bad_content_length);
    CHECK(status_for(with("Content-Length: 5\r\nContent-Length: 6\r\n")) == 400);
}

TEST_CASE("a Content-Length that is not digits below 2^63 is refused (RFC 9110 8.6)")
{
    for (const auto* value :
         {"", "+5", "-5", "5 5", "0x5", "5;a", "5,", "\"5\"", "5.0", "1e3", "9223372036854775808",
          "18446744073709551621", "00000000000000000005", "\xef\xbc\x95"})
    {
        CHECK(status_for(with("Content-Length: " + std::string(value) + "\r\n")) == 400);
        CHECK_FALSE(parse_content_length(value));
    }
}

TEST_CASE("HTTP/1.1 needs exactly one Host (RFC 9112 3.2)")
{
    check_refused("GET / HTTP/1.1\r\n\r\n", refusal_kind::bad_host);
    check_refused(with("Host: example.com\r\n"), refusal_kind::bad_host);
    check_refused("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", refusal_kind::bad_host);
}

TEST_CASE("HTTP/1.0 may come without a Host")
{
    const parsed_request request("GET / HTTP/1.0\r\n\r\n");
    CHECK(facts_of(request).authority.empty());
    CHECK(facts_of(request).host.empty());
    CHECK_FALSE(facts_of(request).keep_alive);
}

TEST_CASE("a malformed Host is refused (RFC 9110 7.2)")
{
    for (const auto* value : {"", "a b", "a@b/c?d", "a,b", "a:99999", "http://a", "a/b"}) {
        check_refused("GET / HTTP/1.1\r\nHost: " + std::string(value) + "\r\n\r\n", refusal_kind::bad_host);
    }
}

TEST_CASE("absolute-form replaces Host when both name the same (RFC 9112 3.2.2)")
{
    const parsed_request request("GET http://EXAMPLE.com/x HTTP/1.1\r\nHost: example.com\r\n\r\n");
    CHECK(facts_of(request).path == "/x");
    CHECK(facts_of(request).host == "EXAMPLE.com");
    const parsed_request port("GET http://a.com:80/ HTTP/1.1\r\nHost: a.com\r\n\r\n");
    CHECK(facts_of(port).authority == "a.com:80");
    CHECK(status_for("GET https://a.com/ HTTP/1.1\r\nHost: a.com:443\r\n\r\n") == 200);
    CHECK(status_for("GET https://a.com/ HTTP/1.1\r\nHost: a.com:80\r\n\r\n") == 400);
    check_refused("GET http://evil.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n", refusal_kind::bad_host);
    check_refused("GET http://example.com/ HTTP/1.1\r\n\r\n", refusal_kind::bad_host);
    check_refused("GET http://u@example.com/ HTTP/1.1\r\nHost: u@example.com\r\n\r\n",
                  refusal_kind::bad_host);
    const parsed_request old("GET http://a.com HTTP/1.0\r\n\r\n");
    CHECK(facts_of(old).authority == "a.com");
    CHECK(facts_of(old).path == "/");
}

TEST_CASE("a target in no known form is refused (RFC 9112 3.2)")
{
    for (const auto* target :
         {"foo", "example.com:80", "ftp://example.com/", "http:/a", "http:a", "?a", "\\a", "//"})
    {
        CAPTURE(target);
        const auto status =
            status_for("GET " + std::string(target) + " HTTP/1.1\r\nHost: example.com\r\n\r\n");
        CHECK(status == (std::string_view(target) == "//" ? 200 : 400));
    }
}

TEST_CASE("a fragment, raw non-ASCII or control byte in the target is refused (RFC 9112 3.2)")
{
    for (const auto* target : {"/a#b", "/#", "/?a#b", "/\xc3\xa4", "/?\xff"}) {
        check_refused("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                      refusal_kind::bad_target);
    }
    CHECK(status_for("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_for("GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("a path that readers could resolve differently is refused (RFC 3986 6.2.2.3)")
{
    for (const auto* path : {"/public/../admin", "/public/%2e%2e/admin", "/a/..;/b", "/a%2fb", "/a%5Cb",
                             "/a%00.png", "/a\\b", "/a%", "/a/."})
    {
        check_refused("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n", refusal_kind::bad_path);
    }
    CHECK(status_for("GET /a?b=../c%2f\\ HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
}

TEST_CASE("asterisk-form goes with OPTIONS only (RFC 9112 3.2.4)")
{
    const parsed_request request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(facts_of(request).is_asterisk);
    CHECK(facts_of(request).path == "*");
    check_refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n", refusal_kind::bad_target);
}

TEST_CASE("CONNECT is not implemented (RFC 9110 9.3.6)")
{
    check_refused("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", refusal_kind::unsupported_method, 501);
}

TEST_CASE("TRACE is not allowed, and the answer lists what is (RFC 9110 9.3.8, 15.5.6)")
{
    check_refused("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", refusal_kind::unsupported_method, 405);
    const parsed_request request("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(check_request(request.get()).error().header_lines.starts_with("Allow: "));
}

TEST_CASE("other methods pass, case matters (RFC 9110 9.1)")
{
    const parsed_request request("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(facts_of(request).method == method_kind::other);
    CHECK(facts_of(request).method_text == "M-SEARCH");
    const parsed_request lower("get / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(facts_of(lower).method == method_kind::other);
}

TEST_CASE("a Connection that names a framing, routing or end-to-end field is refused (RFC 9110 7.6.1)")
{
    for (const auto* name :
         {"Content-Length", "transfer-encoding", "Host", "Authorization", "Cookie", "X-Forwarded-For",
          "Content-Type", "Sec-WebSocket-Key", "Forwarded", "Connection"})
    {
        check_refused(with("Connection: close, " + std::string(name) + "\r\n"), refusal_kind::bad_connection);
    }
}

TEST_CASE("a malformed Connection is refused, and one that names more than 16 fields")
{
    CHECK(status_for(with("Connection: a b\r\n")) == 400);
    CHECK(status_for(with("Connection: \"close\"\r\n")) == 400);
    std::string names;
    for (int i = 0; i < 16; ++i)
        names += "X-" + std::to_string(i) + ", ";
    CHECK(status_for(with("Connection: " + names + "close\r\n")) == 200);
    check_refused(with("Connection: " + names + "X-16\r\n"), refusal_kind::bad_connection);
}

TEST_CASE("persistence follows the version and Connection (RFC 9112 9.3)")
{
    CHECK(stays_open(with("")));
    CHECK(stays_open(with("Connection: keep-alive\r\n")));
    CHECK_FALSE(stays_open(with("Connection: CLOSE\r\n")));
    CHECK_FALSE(stays_open(with("Connection: keep-alive\r\nConnection: x, close\r\n")));
    CHECK_FALSE(stays_open("GET / HTTP/1.0\r\n\r\n"));
    CHECK(stays_open("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    CHECK_FALSE(stays_open("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"));
    CHECK_FALSE(stays_open("GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n"));
}

TEST_CASE("an expectation other than 100-continue is 417 (RFC 9110 10.1.1)")
{
    check_refused(with("Expect: 200-ok\r\n"), refusal_kind::bad_expectation, 417);
    check_refused(with("Expect: 100-continue, x\r\n"), refusal_kind::bad_expectation, 417);
    check_refused(with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), refusal_kind::repeated_field);
}

TEST_CASE("100-continue is expected only with a body and by HTTP/1.1 (RFC 9110 10.1.1)")
{
    const parsed_request body(with("Content-Length: 5\r\nExpect: 100-Continue\r\n"));
    CHECK(facts_of(body).expects_continue);
    const parsed_request none(with("Expect: 100-continue\r\n"));
    CHECK_FALSE(facts_of(none).expects_continue);
    const parsed_request old("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    CHECK_FALSE(facts_of(old).expects_continue);
}

TEST_CASE("an upgrade to websocket is found in both token lists (RFC 6455 4.2.1)")
{
    const parsed_request request(with("Connection: keep-alive, uPGRADE\r\nUpgrade: foo/1, WebSocket\r\n"));
    CHECK(facts_of(request).is_upgrade);
    CHECK(facts_of(request).is_websocket);
    CHECK(facts_of(request).upgrade == "foo/1, WebSocket");
    const parsed_request other(with("Connection: Upgrade\r\nUpgrade: websockets\r\n"));
    CHECK(facts_of(other).is_upgrade);
    CHECK_FALSE(facts_of(other).is_websocket);
}

TEST_CASE("an Upgrade without Connection: upgrade, or in HTTP/1.0, is no upgrade (RFC 9110 7.8)")
{
    const parsed_request alone(with("Upgrade: websocket\r\n"));
    CHECK_FALSE(facts_of(alone).is_upgrade);
    CHECK_FALSE(facts_of(alone).is_websocket);
    const parsed_request nothing(with("Connection: upgrade\r\n"));
    CHECK_FALSE(facts_of(nothing).is_upgrade);
    const parsed_request old(
        "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK_FALSE(facts_of(old).is_upgrade);
}

TEST_CASE("a body on an upgrade to websocket is refused")
{
    check_refused(with("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n"),
                  refusal_kind::body_on_upgrade);
    check_refused(with("Connection: upgrade\r\nUpgrade: h2c, websocket\r\nTransfer-Encoding: chunked\r\n"),
                  refusal_kind::body_on_upgrade);
    CHECK(status_for(with("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n")) == 200);
}

TEST_CASE("an Upgrade to anything else with a body is ignored (RFC 9110 7.8)")
{
    const parsed_request request(with("Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n"));
    CHECK_FALSE(facts_of(request).is_upgrade);
    CHECK(facts_of(request).framing.length == 5);
}

TEST_CASE("Max-Forwards counts for OPTIONS alone (RFC 9110 7.6.2)")
{
    const auto asked = [](const std::string& lines, const std::string& method) {
        const parsed_request request(method + " / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
        return facts_of(request).max_forwards;
    };
    CHECK(asked("Max-Forwards: 0\r\n", "OPTIONS") == 0U);
    CHECK(asked("Max-Forwards: 010\r\n", "OPTIONS") == 10U);
    CHECK_FALSE(asked("", "OPTIONS").has_value());
    CHECK_FALSE(asked("Max-Forwards: 0\r\n", "GET").has_value());
    CHECK_FALSE(asked("Max-Forwards: x\r\n", "GET").has_value());
    for (const auto* lines : {"Max-Forwards:\r\n", "Max-Forwards: -1\r\n", "Max-Forwards: 1, 1\r\n",
                              "Max-Forwards: 1\r\nMax-Forwards: 1\r\n"})
        check_refused("OPTIONS * HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n",
                      refusal_kind::bad_max_forwards);
}

TEST_CASE("an absolute-form says whether it is of https (RFC 9110 7.4)")
{
    CHECK(facts_of(parsed_request("GET HTTPS://a/ HTTP/1.1\r\nHost: a\r\n\r\n")).is_https_target);
    CHECK_FALSE(facts_of(parsed_request("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")).is_https_target);
    CHECK_FALSE(facts_of(parsed_request(with(""))).is_https_target);
}

TEST_CASE("a malformed Upgrade is refused (RFC 9110 7.8)")
{
    for (const auto* value : {"", ",", "web socket", "websocket;a=b", "a/", "/1", "\"websocket\""}) {
        check_refused(with("Connection: upgrade\r\nUpgrade: " + std::string(value) + "\r\n"),
                      refusal_kind::bad_upgrade);
    }
}

TEST_CASE("fields that stand alone are refused when repeated")
{
    for (const auto* line :
         {"Upgrade: websocket\r\n", "Sec-WebSocket-Key: a\r\n", "Sec-WebSocket-Version: 13\r\n"})
    {
        check_refused(with(std::string(line) + line), refusal_kind::repeated_field);
    }
    CHECK(status_for(with("Content-Type: a\r\nContent-Type: b\r\n")) == 200);
}
