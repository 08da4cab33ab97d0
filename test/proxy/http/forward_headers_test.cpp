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

// Nothing added: what remains is what is passed on.
constexpr request_forwarding bare{.x_forwarded = false};

std::string forward(const std::string& text, const request_forwarding& how = bare)
{
    CAPTURE(text);
    const parsed_request request(text);
    const auto verdict = check_request(request.get());
    REQUIRE(verdict.has_value());
    std::string out;
    append_request_head(out, request.get(), *verdict, how);
    return out;
}

std::string forward_get(std::string_view lines, const request_forwarding& how = bare)
{
    return forward("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n", how);
}

const std::string plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string target_of(const std::string& target, std::string_view strip_prefix, std::string_view add = {})
{
    const auto out = forward("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n",
                             {.x_forwarded = false, .strip_prefix = strip_prefix, .add_prefix = add});
    return out.substr(4, out.find(" HTTP/1.1\r\n") - 4);
}

std::string answer(const std::string& text, const response_forwarding& how = {}, const asked_for& asked = {})
{
    CAPTURE(text);
    const parsed_response response(text);
    const auto verdict = check_response(response.get(), asked);
    REQUIRE(verdict.has_value());
    std::string out;
    append_response_head(out, response.get(), *verdict, how);
    return out;
}

bool has(const std::string& text, std::string_view line) { return text.find(line) != std::string::npos; }

} // namespace

TEST_CASE("a prefix is replaced on a segment boundary")
{
    CHECK(target_of("/old/a?b=/old", "/old", "/new") == "/new/a?b=/old");
    CHECK(target_of("/old", "/old", "/new") == "/new/");
    CHECK(target_of("/older/a", "/old", "/new") == "/new/older/a");
}

TEST_CASE("a request is forwarded field by field, as sent")
{
    CHECK(forward("PUT /a%41/b//c?d=%zz&e HTTP/1.1\r\nHost: A.example:80\r\nX-B:  c \r\nx-b: "
                  "d\r\nEmpty:\r\n\r\n") ==
          "PUT /a%41/b//c?d=%zz&e HTTP/1.1\r\nHost: A.example:80\r\nX-B: c\r\nx-b: d\r\nEmpty: \r\n\r\n");
}

TEST_CASE("hop-by-hop fields are removed, and those that Connection names (RFC 9110 7.6.1)")
{
    CHECK(forward_get(
              "Connection: keep-alive, X-Hop, te\r\nx-hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: "
              "keep-alive\r\nTE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n") == plain);
}

TEST_CASE("Trailer and Proxy-Authorization go on to the backend")
{
    CHECK(has(forward_get("Trailer: X-Sum\r\n"), "\r\nTrailer: X-Sum\r\n"));
    CHECK(has(forward_get("Proxy-Authorization: Basic eA==\r\n"), "\r\nProxy-Authorization: Basic eA==\r\n"));
}

TEST_CASE("names with an underscore are not forwarded")
{
    CHECK(forward_get("X_Forwarded_For: 1.2.3.4\r\nX_A: b\r\n") == plain);
}

TEST_CASE("the framing is written from the facts")
{
    CHECK(has(forward_get("Content-Length: 005\r\n"), "\r\nContent-Length: 5\r\n"));
    CHECK(has(forward_get("Content-Length: 9223372036854775807\r\n"),
              "\r\nContent-Length: 9223372036854775807\r\n"));
    CHECK(has(forward_get("transfer-encoding: CHUNKED\r\n"), "\r\nTransfer-Encoding: chunked\r\n"));
    CHECK_FALSE(has(forward_get("transfer-encoding: CHUNKED\r\n"), "CHUNKED"));
}

TEST_CASE("an Expect is passed on only when it holds (RFC 9110 10.1.1)")
{
    CHECK(has(forward_get("Expect: 100-continue\r\nContent-Length: 5\r\n"), "\r\nExpect: 100-continue\r\n"));
    CHECK(forward_get("Expect: 100-continue\r\n") == plain);
    CHECK_FALSE(
        has(forward("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
            "Expect"));
}

TEST_CASE("absolute-form becomes origin-form (RFC 9112 3.2.1)")
{
    CHECK(forward("GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n") == "GET /?x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(forward("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n") == "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("an HTTP/1.0 request is forwarded as 1.1, with a Host (RFC 9112 3.2)")
{
    CHECK(forward("GET / HTTP/1.0\r\n\r\n", {.x_forwarded = false, .default_host = "10.0.0.1:80"}) ==
          "GET / HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\n");
}

TEST_CASE("a prefix is stripped on a segment boundary and the path keeps its slash")
{
    CHECK(target_of("/chat/x?y", "/chat") == "/x?y");
    CHECK(target_of("/chat/x", "/chat/") == "/x");
    CHECK(target_of("/chat", "/chat") == "/");
    CHECK(target_of("/chat?y", "/chat") == "/?y");
    CHECK(target_of("/chat/", "/chat/") == "/");
    CHECK(target_of("/chatty", "/chat") == "/chatty");
    CHECK(target_of("/other", "/chat") == "/other");
    CHECK(target_of("/x", "") == "/x");
}

TEST_CASE("the client's X-Forwarded-* are replaced by ours")
{
    const auto out =
        forward_get("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /x\r\n",
                    {.peer_ip = "192.0.2.1", .scheme = "http"});
    CHECK(out == "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n"
                 "X-Forwarded-Host: a\r\n\r\n");
}

TEST_CASE("what a trusted peer forwarded is kept, with the peer at the end of X-Forwarded-For")
{
    const request_forwarding how{.peer_ip = "10.0.0.1", .is_peer_trusted = true};
    const auto out =
        forward_get("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For:\r\n"
                    "X-Forwarded-For: 10.0.0.2,10.0.0.3\r\nX-Forwarded-Port: 443\r\n",
                    how);
    CHECK(out == "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n"
                 "X-Forwarded-For: 192.0.2.1, 10.0.0.2,10.0.0.3, 10.0.0.1\r\nX-Forwarded-Host: a\r\n\r\n");
    CHECK(forward_get("X-Forwarded-Host: b\r\n", how) ==
          "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: b\r\nX-Forwarded-For: 10.0.0.1\r\n"
          "X-Forwarded-Proto: http\r\n\r\n");
}

TEST_CASE("a trusted peer on a Unix socket adds no address to what it forwarded")
{
    const request_forwarding how{.is_peer_trusted = true};
    CHECK(has(forward_get("X-Forwarded-For: 192.0.2.1\r\n", how), "\r\nX-Forwarded-For: 192.0.2.1\r\n"));
    CHECK_FALSE(has(forward_get("", how), "X-Forwarded-For"));
}

TEST_CASE("a route's set_headers have the last word over what a trusted peer forwarded")
{
    const std::vector<conf::header_value> set{{"x-forwarded-for", "hidden"}, {"X-Forwarded-Proto", ""}};
    const auto out = forward_get("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
                                 {.peer_ip = "10.0.0.1", .is_peer_trusted = true, .set_headers = set});
    CHECK(out == "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: a\r\nx-forwarded-for: hidden\r\n\r\n");
}

TEST_CASE("Forwarded of a trusted peer goes on with our element at the end (RFC 7239 4)")
{
    const request_forwarding how{.peer_ip = "10.0.0.1", .is_peer_trusted = true, .forwarded = true};
    const auto out = forward_get("Forwarded: for=192.0.2.1;proto=https\r\nForwarded: for=10.0.0.2\r\n", how);
    CHECK(has(out, "\r\nForwarded: for=192.0.2.1;proto=https, for=10.0.0.2, "
                   "for=10.0.0.1;host=\"a\";proto=http\r\n"));
    // Our element would be within a quoted string that has no end.
    CHECK(has(forward_get("Forwarded: for=\"b, for=c\r\n", how), "\r\nForwarded: for=10.0.0.1;"));
}

TEST_CASE("with the option off, X-Forwarded-* and Forwarded pass as sent")
{
    const auto out = forward_get("X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n");
    CHECK(has(out, "\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n"));
}

TEST_CASE("Forwarded is written with IPv6 in brackets and quotes (RFC 7239 6)")
{
    request_forwarding how{.peer_ip = "2001:db8::1", .x_forwarded = false, .forwarded = true};
    CHECK(has(forward_get("Forwarded: for=evil\r\n", how),
              "\r\nHost: a\r\nForwarded: for=\"[2001:db8::1]\";host=\"a\";proto=http\r\n"));
    how.peer_ip = "192.0.2.1";
    CHECK(has(forward_get("", how), "\r\nForwarded: for=192.0.2.1;host=\"a\";proto=http\r\n"));
    how.peer_ip = "";
    CHECK(has(forward_get("", how), "\r\nForwarded: for=unknown;"));
}

TEST_CASE("Via gets a line of ours behind the others, with the version received (RFC 9110 7.6.3)")
{
    const request_forwarding how{.via_name = "fairlead", .x_forwarded = false};
    CHECK(has(forward_get("Via: 1.0 other\r\n", how), "\r\nVia: 1.0 other\r\nVia: 1.1 fairlead\r\n"));
    CHECK(has(forward("GET / HTTP/1.0\r\nHost: a\r\n\r\n", how), "\r\nVia: 1.0 fairlead\r\n"));
}

TEST_CASE("a client's sane request id is kept, another is replaced")
{
    const auto id_of = [](const std::string& id) {
        const parsed_request request("GET / HTTP/1.1\r\nHost: a\r\nx-request-id: " + id + "\r\n\r\n");
        return std::string(chosen_request_id(request.get(), "X-Request-Id", "ours"));
    };
    CHECK(id_of("abc-123") == "abc-123");
    CHECK(id_of(std::string(128, 'x')) == std::string(128, 'x'));
    CHECK(id_of(std::string(129, 'x')) == "ours");
    CHECK(id_of("") == "ours");
    CHECK(id_of("a b") == "ours");
    CHECK(id_of("\xc3\xa4") == "ours");
    const parsed_request none("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(chosen_request_id(none.get(), "X-Request-Id", "ours") == "ours");
    CHECK(forward_get("X-Request-ID: theirs\r\n",
                      {.x_forwarded = false, .request_id_name = "X-Request-Id", .request_id = "ours"}) ==
          "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: ours\r\n\r\n");
}

TEST_CASE("set_headers replace fields of any origin, an empty value removes")
{
    const std::vector<conf::header_value> set{
        {"host", "inner"}, {"X-Forwarded-For", "hidden"}, {"Cookie", ""}, {"X-New", "1"}};
    const auto out =
        forward_get("COOKIE: a\r\nCookie: b\r\nX-NEW: 0\r\n", {.peer_ip = "192.0.2.1", .set_headers = set});
    CHECK(out == "GET / HTTP/1.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nhost: inner\r\n"
                 "X-Forwarded-For: hidden\r\nX-New: 1\r\n\r\n");
}

TEST_CASE("an upgrade goes on only with intent, and asks for one protocol")
{
    const std::string lines =
        "Connection: keep-alive, Upgrade\r\nUpgrade: x/1, websocket\r\nSec-WebSocket-Key: k\r\n";
    CHECK_FALSE(has(forward_get(lines), "pgrade"));
    const auto websocket = forward_get(lines, {.x_forwarded = false, .upgrade = upgrade_intent::websocket});
    CHECK(has(websocket, "\r\nSec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
    const auto other =
        forward_get(lines, {.x_forwarded = false, .upgrade = upgrade_intent::plain, .upgrade_token = "x/1"});
    CHECK(has(other, "\r\nConnection: Upgrade\r\nUpgrade: x/1\r\n"));
}

TEST_CASE("a response loses its hop-by-hop fields and keeps the rest (RFC 9110 7.6.1)")
{
    CHECK(
        answer("HTTP/1.1 200 Fine\r\nServer: s\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
               "Upgrade: h2\r\nSet-Cookie: a\r\nset-cookie: b\r\nX_U: 1\r\nContent-Length: 5\r\n\r\n") ==
        "HTTP/1.1 200 Fine\r\nServer: s\r\nSet-Cookie: a\r\nset-cookie: b\r\nX_U: 1\r\nContent-Length: "
        "5\r\n\r\n");
}

TEST_CASE("a chunked body goes to HTTP/1.0 until close, and a Trailer field with it goes")
{
    const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
    CHECK(answer(text) == "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(answer(text, {.client_version_minor = 0}) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a body until close goes to HTTP/1.1 chunked, so the client's connection lives on")
{
    CHECK(answer("HTTP/1.0 200 OK\r\n\r\n") == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(answer("HTTP/1.0 200 OK\r\n\r\n", {.client_version_minor = 0}) ==
          "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

TEST_CASE("Connection says close or, to HTTP/1.0, keep-alive (RFC 9112 9.3)")
{
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    CHECK(answer(text) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(answer(text, {.keep_alive = false}) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK(answer(text, {.client_version_minor = 0}) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("an answer without a body declares what it would have had (RFC 9110 8.6, 9.3.2)")
{
    const asked_for head_request{.method = method_kind::head};
    CHECK(has(answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {}, head_request),
              "\r\nContent-Length: 5\r\n"));
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(has(answer(chunked, {}, head_request), "\r\nTransfer-Encoding: chunked\r\n"));
    CHECK(answer(chunked, {.client_version_minor = 0}, head_request) ==
          "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n");
    CHECK(answer("HTTP/1.1 200 OK\r\n\r\n", {}, head_request) == "HTTP/1.1 200 OK\r\n\r\n");
    CHECK(answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") ==
          "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("a 204 goes on without framing fields (RFC 9110 8.6)")
{
    CHECK(answer("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n") ==
          "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(answer("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n") ==
          "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("a 101 and a 426 keep their Upgrade (RFC 9110 7.8, 15.5.22)")
{
    CHECK(answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: x\r\n\r\n",
                 {}, {.upgrade = true}) ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
          "Connection: Upgrade\r\n\r\n");
    CHECK(answer("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Content-Length: 0\r\n\r\n",
                 {.keep_alive = false}) ==
          "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n"
          "Connection: Upgrade, close\r\n\r\n");
}

TEST_CASE("the answer carries the request id and our Via")
{
    CHECK(answer("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nx-request-id: theirs\r\n\r\n",
                 {.request_id_name = "X-Request-Id", .request_id = "ours", .via_name = "fairlead"}) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: 1.0 fairlead\r\nX-Request-Id: ours\r\n\r\n");
}

TEST_CASE("a 1xx goes to HTTP/1.1 clients, whatever they expect (RFC 9110 15.2)")
{
    const response_facts hints{.status = 103, .is_interim = true};
    const response_facts go_on{.status = 100, .is_interim = true};
    request_facts client;
    CHECK(forwards_interim(hints, client));
    CHECK(forwards_interim(go_on, client));
    client.version_minor = 0;
    CHECK_FALSE(forwards_interim(hints, client));
    CHECK_FALSE(forwards_interim({.status = 101, .is_switching = true}, request_facts{}));
}

TEST_CASE("a 1xx head goes on without hop-by-hop fields")
{
    const parsed_response response(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X-H\r\nX-H: 1\r\n\r\n");
    std::string out;
    append_interim_head(out, response.get(), *check_response(response.get(), {}));
    CHECK(out == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST_CASE("an offer that was narrowed replaces the client's own")
{
    const std::string lines = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: a, b\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    const auto out = forward_get(lines, {.x_forwarded = false,
                                         .upgrade = upgrade_intent::websocket,
                                         .replaces_offer = true,
                                         .subprotocols = "b"});
    CHECK(out.find("Sec-WebSocket-Protocol: b\r\n") != std::string::npos);
    CHECK(out.find("a, b") == std::string::npos);
    CHECK(out.find("Sec-WebSocket-Extensions") == std::string::npos);
}

TEST_CASE("a client's certificate is told by us alone: what a client sends under either name is removed")
{
    const std::string_view sent = "X-Forwarded-Client-Cert: Hash=forged\r\nX-Client-Cert: Hash=forged\r\n";
    const request_forwarding told{
        .x_forwarded = false, .certificate_name = "X-Client-Cert", .certificate = "Hash=ab"};
    CHECK(forward_get(sent, told) == "GET / HTTP/1.1\r\nHost: a\r\nX-Client-Cert: Hash=ab\r\n\r\n");
    auto without = told;
    without.certificate = {};
    CHECK(forward_get(sent, without) == plain);
    auto off = told;
    off.certificate_name = {};
    CHECK_FALSE(has(forward_get(sent, off), "X-Forwarded-Client-Cert"));
}

TEST_CASE("a trusted peer may tell the certificate of its client, where it showed none of its own")
{
    const std::string_view sent = "X-Forwarded-Client-Cert: Hash=ab\r\n";
    request_forwarding how{.is_peer_trusted = true, .certificate_name = "X-Forwarded-Client-Cert"};
    CHECK(has(forward_get(sent, how), "X-Forwarded-Client-Cert: Hash=ab\r\n"));
    how.certificate = "Hash=cd";
    CHECK(has(forward_get(sent, how), "X-Forwarded-Client-Cert: Hash=cd\r\n"));
    CHECK_FALSE(has(forward_get(sent, how), "Hash=ab"));
}

TEST_CASE("a route's set_headers have the last word on a certificate's header")
{
    const std::vector<conf::header_value> set{{"x-client-cert", ""}};
    const request_forwarding how{.x_forwarded = false,
                                 .certificate_name = "X-Client-Cert",
                                 .certificate = "Hash=ab",
                                 .set_headers = set};
    CHECK(forward_get("", how) == plain);
}

TEST_CASE("our Strict-Transport-Security replaces the backend's (RFC 6797 8.1: the first counts)")
{
    const std::string sent =
        "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n";
    CHECK(has(answer(sent), "Strict-Transport-Security: max-age=1\r\n"));
    const auto ours = answer(sent, {.hsts_line = "Strict-Transport-Security: max-age=2\r\n"});
    CHECK(has(ours, "Strict-Transport-Security: max-age=2\r\n"));
    CHECK_FALSE(has(ours, "max-age=1"));
}
