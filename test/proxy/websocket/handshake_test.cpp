#include "proxy/websocket/handshake.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using namespace fairlead::websocket;
using fairlead::http::test::parsed_request;
using fairlead::http::test::parsed_response;

namespace {

const std::string sample_key = "dGhlIHNhbXBsZSBub25jZQ=="; // RFC 6455 1.3
const std::string sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string handshake(std::string_view lines, std::string_view method = "GET")
{
    return std::string(method) +
           " /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
           std::string(lines) + "\r\n";
}

std::string valid_handshake(std::string_view lines = "")
{
    return handshake("Sec-WebSocket-Key: " + sample_key + "\r\nSec-WebSocket-Version: 13\r\n" +
                     std::string(lines));
}

// 200 for an accepted offer.
unsigned status_for(const std::string& text)
{
    CAPTURE(text);
    const parsed_request request(text);
    const auto facts = http::check_request(request.get());
    REQUIRE(facts.has_value());
    const auto verdict = websocket::check_request(request.get(), *facts);
    return verdict.has_value() ? 200 : verdict.error().status;
}

std::string answer(std::string_view lines = "")
{
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
           "Upgrade\r\nSec-WebSocket-Accept: " +
           sample_accept + "\r\n" + std::string(lines) + "\r\n";
}

agreement_verdict check_answer(const std::string& text, client_offer offer = {})
{
    CAPTURE(text);
    offer.key = sample_key;
    const parsed_response response(text);
    return check_response(response.get(), offer);
}

void check_fault(const std::string& text, handshake_fault fault, const client_offer& offer = {})
{
    CAPTURE(text);
    const auto verdict = check_answer(text, offer);
    REQUIRE(verdict.has_error());
    CHECK(verdict.error() == fault);
    CHECK_FALSE(reason_of(fault).empty());
}

} // namespace

TEST_CASE("the accept value of the RFC's sample key (RFC 6455 1.3)")
{
    const auto accept = accept_key(sample_key);
    CHECK(std::string(accept.data(), accept.size()) == sample_accept);
}

TEST_CASE("a handshake gives the key, the subprotocols and the extensions offered (RFC 6455 4.1)")
{
    const parsed_request request(
        valid_handshake("Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Protocol: v2.x\r\n"
                        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, "
                        "permessage-deflate, x-foo; a=\"b\"\r\n"));
    const auto facts = http::check_request(request.get());
    REQUIRE(facts.has_value());
    const auto offer = websocket::check_request(request.get(), *facts);
    REQUIRE(offer.has_value());
    using names = std::vector<std::string_view>;
    CHECK(offer->key == sample_key);
    CHECK(offer->subprotocols == names{"chat", "superchat", "v2.x"});
    CHECK(offer->extensions == names{"permessage-deflate", "permessage-deflate", "x-foo"});
}

TEST_CASE("a handshake with another version is 426 and says 13 (RFC 6455 4.4)")
{
    const parsed_request request(
        handshake("Sec-WebSocket-Key: " + sample_key + "\r\nSec-WebSocket-Version: 8\r\n"));
    const auto verdict = websocket::check_request(request.get(), *http::check_request(request.get()));
    REQUIRE(verdict.has_error());
    CHECK(verdict.error().status == 426);
    CHECK(verdict.error().kind == http::refusal_kind::unsupported_websocket_version);
    CHECK(verdict.error().header_lines ==
          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
}

TEST_CASE("a handshake without a version is 400 (RFC 6455 4.2.1)")
{
    CHECK(status_for(handshake("Sec-WebSocket-Key: " + sample_key + "\r\n")) == 400);
}

TEST_CASE("a handshake that is no GET is 400 (RFC 6455 4.2.1)")
{
    CHECK(status_for(handshake("Sec-WebSocket-Key: " + sample_key + "\r\nSec-WebSocket-Version: 13\r\n",
                               "POST")) == 400);
}

TEST_CASE("an upgrade to something else is no handshake")
{
    CHECK(status_for("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nSec-WebSocket-Key: " +
                     sample_key + "\r\nSec-WebSocket-Version: 13\r\n\r\n") == 400);
}

TEST_CASE("a key that is not the base64 of 16 bytes is 400 (RFC 6455 4.2.1)")
{
    CHECK(status_for(valid_handshake()) == 200);
    CHECK(status_for(handshake("Sec-WebSocket-Version: 13\r\n")) == 400);
    for (const auto* key :
         {"", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ",
          "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZ-==",
          "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZSBsb25nZXI=", "dGhlIHNhbXBsZSBub25j ZQ=="})
    {
        CHECK(status_for(handshake("Sec-WebSocket-Key: " + std::string(key) +
                                   "\r\nSec-WebSocket-Version: 13\r\n")) == 400);
    }
}

TEST_CASE("malformed or repeated subprotocols are 400 (RFC 6455 4.1)")
{
    CHECK(status_for(valid_handshake("Sec-WebSocket-Protocol: a b\r\n")) == 400);
    CHECK(status_for(valid_handshake("Sec-WebSocket-Protocol: \"a\"\r\n")) == 400);
    CHECK(status_for(valid_handshake("Sec-WebSocket-Protocol: a, a\r\n")) == 400);
}

TEST_CASE("malformed extensions are 400 (RFC 6455 9.1)")
{
    for (const auto* value : {"a b", "a;", "a; b=", "a; b=\"c", "a; b c", ";a", "\"a\""}) {
        CHECK(status_for(valid_handshake("Sec-WebSocket-Extensions: " + std::string(value) + "\r\n")) == 400);
    }
}

TEST_CASE("more than 64 subprotocols or extensions are 400")
{
    std::string names;
    for (int i = 0; i < 64; ++i)
        names += "p" + std::to_string(i) + ", ";
    CHECK(status_for(valid_handshake("Sec-WebSocket-Protocol: " + names + "\r\n")) == 200);
    CHECK(status_for(valid_handshake("Sec-WebSocket-Protocol: " + names + "p64\r\n")) == 400);
    CHECK(status_for(valid_handshake("Sec-WebSocket-Extensions: " + names + "p64\r\n")) == 400);
}

TEST_CASE("a 101 that answers the key is agreed, without options (RFC 6455 4.2.2)")
{
    const auto verdict = check_answer(answer());
    REQUIRE(verdict.has_value());
    CHECK(verdict->subprotocol.empty());
    CHECK_FALSE(verdict->permessage_deflate);
    CHECK_FALSE(verdict->other_extension);
}

TEST_CASE("a subprotocol and extensions that were offered are agreed (RFC 6455 4.1)")
{
    const client_offer offer{
        .key = {}, .subprotocols = {"a", "b"}, .extensions = {"permessage-deflate", "x-foo"}};
    const auto verdict =
        check_answer(answer("Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: permessage-deflate; "
                            "server_max_window_bits=\"10\"\r\n"),
                     offer);
    REQUIRE(verdict.has_value());
    CHECK(verdict->subprotocol == "b");
    CHECK(verdict->permessage_deflate);
    CHECK_FALSE(verdict->other_extension);
    const auto both = check_answer(
        answer("Sec-WebSocket-Extensions: x-foo\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"), offer);
    REQUIRE(both.has_value());
    CHECK(both->other_extension);
    CHECK(both->permessage_deflate);
}

TEST_CASE("the token lists of a 101 compare without regard to case (RFC 6455 4.1)")
{
    CHECK(check_answer("HTTP/1.1 101 x\r\nUPGRADE: WebSocket\r\nConnection: keep-alive, upgrade\r\n"
                       "Sec-WebSocket-Accept: " +
                       sample_accept + "\r\n\r\n")
              .has_value());
}

TEST_CASE("a Sec-WebSocket-Accept that is wrong, missing or repeated is a lie (RFC 6455 4.1)")
{
    const std::string start = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    check_fault(start + "\r\n", handshake_fault::bad_accept);
    check_fault(start + "Sec-WebSocket-Accept:\r\n\r\n", handshake_fault::bad_accept);
    check_fault(start + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                handshake_fault::bad_accept);
    check_fault(start + "Sec-WebSocket-Accept: " + sample_accept + "=\r\n\r\n", handshake_fault::bad_accept);
    check_fault(answer("Sec-WebSocket-Accept: " + sample_accept + "\r\n"), handshake_fault::bad_accept);
}

TEST_CASE("another status, or a 101 in HTTP/1.0, is no switch (RFC 6455 4.1)")
{
    check_fault("HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                handshake_fault::not_switching);
    check_fault("HTTP/1.0 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                handshake_fault::not_switching);
}

TEST_CASE("a 101 without Upgrade: websocket or Connection: upgrade is refused (RFC 6455 4.1)")
{
    check_fault("HTTP/1.1 101 x\r\nConnection: Upgrade\r\n\r\n", handshake_fault::bad_upgrade);
    check_fault("HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
                handshake_fault::bad_upgrade);
    check_fault("HTTP/1.1 101 x\r\nUpgrade: websocket, x\r\nConnection: Upgrade\r\n\r\n",
                handshake_fault::bad_upgrade);
    check_fault("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", handshake_fault::bad_connection);
    check_fault("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n",
                handshake_fault::bad_connection);
}

TEST_CASE("a 101 with Content-Length or Transfer-Encoding is refused (RFC 9110 8.6, RFC 9112 6.1)")
{
    check_fault(answer("Content-Length: 0\r\n"), handshake_fault::has_body_fields);
    check_fault(answer("Transfer-Encoding: chunked\r\n"), handshake_fault::has_body_fields);
}

TEST_CASE("a subprotocol that was not offered, or two, is refused (RFC 6455 4.1)")
{
    const client_offer offer{.key = {}, .subprotocols = {"a", "b"}, .extensions = {}};
    check_fault(answer("Sec-WebSocket-Protocol: c\r\n"), handshake_fault::bad_subprotocol, offer);
    check_fault(answer("Sec-WebSocket-Protocol: A\r\n"), handshake_fault::bad_subprotocol, offer);
    check_fault(answer("Sec-WebSocket-Protocol: a, b\r\n"), handshake_fault::bad_subprotocol, offer);
    check_fault(answer("Sec-WebSocket-Protocol:\r\n"), handshake_fault::bad_subprotocol, offer);
    check_fault(answer("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n"),
                handshake_fault::bad_subprotocol, offer);
    check_fault(answer("Sec-WebSocket-Protocol: a\r\n"), handshake_fault::bad_subprotocol);
}

TEST_CASE("an extension that was not offered, is malformed or agreed twice is refused (RFC 6455 9.1)")
{
    const client_offer offer{.key = {}, .subprotocols = {}, .extensions = {"permessage-deflate"}};
    const auto extensions = [](std::string_view value) {
        return answer("Sec-WebSocket-Extensions: " + std::string(value) + "\r\n");
    };
    check_fault(extensions("x-foo"), handshake_fault::bad_extension, offer);
    check_fault(extensions("permessage-deflate"), handshake_fault::bad_extension);
    check_fault(extensions("permessage-deflate, permessage-deflate"), handshake_fault::bad_extension, offer);
    check_fault(extensions("permessage-deflate; a=\"b"), handshake_fault::bad_extension, offer);
    check_fault(extensions("permessage-deflate, \"x"), handshake_fault::bad_extension, offer);
}

TEST_CASE(
    "an offer is narrowed to the subprotocols that are allowed, and loses deflate where that is stripped")
{
    const auto narrowed = [](std::string_view lines, const std::vector<std::string>& allowed, bool strips) {
        const parsed_request request(valid_handshake(lines));
        auto offer = websocket::check_request(request.get(), *http::check_request(request.get()));
        REQUIRE(offer.has_value());
        const auto left = narrow(*offer, request.get(), allowed, strips);
        if (strips)
            CHECK(std::find(offer->extensions.begin(), offer->extensions.end(), "permessage-deflate") ==
                  offer->extensions.end());
        return left;
    };
    constexpr std::string_view lines =
        "Sec-WebSocket-Protocol: chat, mqtt\r\nSec-WebSocket-Protocol: v2\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-mux; a=\"b, c\"\r\n";
    CHECK_FALSE(narrowed(lines, {}, false).is_narrowed);
    CHECK_FALSE(narrowed(lines, {"chat", "mqtt", "v2", "v3"}, false).is_narrowed);
    const auto some = narrowed(lines, {"v2", "chat"}, false);
    CHECK(some.is_narrowed);
    CHECK(some.subprotocols == "chat, v2");
    CHECK(some.extensions == "permessage-deflate; client_max_window_bits, x-mux; a=\"b, c\"");
    CHECK(narrowed(lines, {"other"}, false).subprotocols.empty());
    const auto plain = narrowed(lines, {}, true);
    CHECK(plain.subprotocols == "chat, mqtt, v2");
    CHECK(plain.extensions == "x-mux; a=\"b, c\"");
    CHECK_FALSE(narrowed("Sec-WebSocket-Extensions: x-mux\r\n", {}, true).is_narrowed);
}

TEST_CASE("an agreement says which reserved bits frames may have")
{
    CHECK(agreement{}.reserved_bits() == 0);
    CHECK(agreement{.subprotocol = {}, .permessage_deflate = true}.reserved_bits() == 4);
    CHECK(agreement{.subprotocol = {}, .permessage_deflate = true, .other_extension = true}.reserved_bits() ==
          7);
}
