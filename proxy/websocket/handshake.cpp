#include "proxy/websocket/handshake.hpp"

#include "proxy/http/field_syntax.hpp"
#include "tls/digest.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace fairlead::websocket {

namespace {

using http::equal_ignoring_case;
using http::field_id;
using http::refusal_kind;

constexpr std::size_t max_offered = 64;
constexpr std::string_view accept_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 1.3
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

http::refusal bad(std::string_view reason) { return {refusal_kind::bad_websocket_handshake, 400, reason}; }

// 16 bytes are 22 digits and "=="; the last digit carries two bits, so its lower four must be zero (RFC
// 4648 3.5).
bool is_key(std::string_view key)
{
    if (key.size() != 24 || !key.ends_with("==")) return false;
    const auto digits = key.substr(0, 22);
    const bool all_digits = std::all_of(
        digits.begin(), digits.end(), [](char c) { return base64_digits.find(c) != std::string_view::npos; });
    return all_digits && base64_digits.find(digits.back()) % 16 == 0;
}

template <std::size_t Size>
std::array<char, (Size + 2) / 3 * 4> to_base64(const std::array<std::uint8_t, Size>& bytes)
{
    std::array<char, (Size + 2) / 3 * 4> out;
    const auto at = [&](std::size_t i) { return i < Size ? std::uint32_t{bytes[i]} : 0U; };
    std::size_t filled = 0;
    for (std::size_t i = 0; i < Size; i += 3) {
        const std::uint32_t bits = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        out[filled++] = base64_digits[bits >> 18];
        out[filled++] = base64_digits[bits >> 12 & 63];
        out[filled++] = i + 1 < Size ? base64_digits[bits >> 6 & 63] : '=';
        out[filled++] = i + 2 < Size ? base64_digits[bits & 63] : '=';
    }
    return out;
}

bool contains(std::span<const std::string_view> list, std::string_view name)
{
    return std::find(list.begin(), list.end(), name) != list.end();
}

bool read_subprotocols(const http::head& request, std::vector<std::string_view>& out)
{
    for (const http::field f : request) {
        if (f.id != field_id::sec_websocket_protocol) continue;
        http::list_elements elements(f.value);
        while (const auto element = elements.next()) {
            if (!http::is_token(*element) || contains(out, *element) || out.size() == max_offered)
                return false;
            out.push_back(*element);
        }
        if (elements.malformed()) return false;
    }
    return true;
}

// The names in all Sec-WebSocket-Extensions fields. The same name may be offered several times with other
// parameters.
bool read_extensions(const http::head& message, std::vector<std::string_view>& out)
{
    for (const http::field f : message) {
        if (f.id != field_id::sec_websocket_extensions) continue;
        http::list_elements elements(f.value);
        while (const auto element = elements.next()) {
            const auto extension = http::read_parameterised_token(*element);
            if (!extension.well_formed || out.size() == max_offered) return false;
            out.push_back(extension.name);
        }
        if (elements.malformed()) return false;
    }
    return true;
}

bool is_accepted(const http::head& response, std::string_view key)
{
    if (response.count(field_id::sec_websocket_accept) != 1) return false;
    const auto expected = accept_key(key);
    return *response.find(field_id::sec_websocket_accept) ==
           std::string_view(expected.data(), expected.size());
}

std::optional<handshake_fault> check_switch(const http::head& response)
{
    if (response.status() != 101 || response.version_minor() == 0) return handshake_fault::not_switching;
    const auto upgrade = response.find(field_id::upgrade);
    if (response.count(field_id::upgrade) != 1 || !equal_ignoring_case(*upgrade, "websocket")) {
        return handshake_fault::bad_upgrade;
    }
    const auto connection = http::connection_options::read(response);
    if (!connection || !connection->upgrade) return handshake_fault::bad_connection;
    if (response.find(field_id::content_length) || response.find(field_id::transfer_encoding)) {
        return handshake_fault::has_body_fields;
    }
    return std::nullopt;
}

} // namespace

offer_verdict check_request(const http::head& request, const http::request_facts& facts)
{
    if (facts.method != http::method_kind::get) return bad("a WebSocket handshake is a GET");
    if (!facts.is_websocket) return bad("not a WebSocket handshake");
    const auto version = request.find(field_id::sec_websocket_version);
    if (!version) return bad("no Sec-WebSocket-Version");
    if (*version != "13") {
        return http::refusal{refusal_kind::unsupported_websocket_version, 426,
                             "unsupported WebSocket version",
                             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"};
    }
    client_offer offer;
    offer.key = request.find(field_id::sec_websocket_key).value_or("");
    if (!is_key(offer.key)) return bad("malformed Sec-WebSocket-Key");
    if (!read_subprotocols(request, offer.subprotocols)) return bad("malformed Sec-WebSocket-Protocol");
    if (!read_extensions(request, offer.extensions)) return bad("malformed Sec-WebSocket-Extensions");
    return offer;
}

namespace {

constexpr std::string_view deflate = "permessage-deflate";

void append_element(std::string& list, std::string_view element)
{
    if (!list.empty()) list += ", ";
    list += element;
}

// As the client wrote them, with their parameters.
std::string extensions_without_deflate(const http::head& request)
{
    std::string out;
    for (const http::field f : request) {
        if (f.id != field_id::sec_websocket_extensions) continue;
        http::list_elements elements(f.value);
        while (const auto element = elements.next()) {
            if (http::read_parameterised_token(*element).name != deflate) append_element(out, *element);
        }
    }
    return out;
}

} // namespace

narrowed_offer narrow(client_offer& offer, const http::head& request, std::span<const std::string> allowed,
                      bool strips_deflate)
{
    const auto is_refused = [&](std::string_view name) {
        return !allowed.empty() && std::find(allowed.begin(), allowed.end(), name) == allowed.end();
    };
    narrowed_offer out;
    const auto refused = std::erase_if(offer.subprotocols, is_refused);
    const auto stripped = strips_deflate ? std::erase(offer.extensions, deflate) : 0;
    out.is_narrowed = refused != 0 || stripped != 0;
    if (!out.is_narrowed) return out;
    for (const auto name : offer.subprotocols)
        append_element(out.subprotocols, name);
    if (stripped != 0) {
        out.extensions = extensions_without_deflate(request);
    } else {
        for (const http::field f : request) {
            if (f.id == field_id::sec_websocket_extensions) append_element(out.extensions, f.value);
        }
    }
    return out;
}

std::array<char, 24> random_key()
{
    std::array<std::uint8_t, 16> nonce;
    tls::random_bytes(std::as_writable_bytes(std::span(nonce)));
    return to_base64(nonce);
}

std::array<char, 28> accept_key(std::string_view key) { return to_base64(tls::sha1(key, accept_guid)); }

std::string_view reason_of(handshake_fault fault)
{
    switch (fault) {
    case handshake_fault::not_switching: return "no HTTP/1.1 101";
    case handshake_fault::bad_upgrade: return "Upgrade is not websocket";
    case handshake_fault::bad_connection: return "Connection does not say upgrade";
    case handshake_fault::bad_accept: return "Sec-WebSocket-Accept does not match the key";
    case handshake_fault::bad_subprotocol: return "a subprotocol that was not offered";
    case handshake_fault::bad_extension: return "an extension that was not offered";
    case handshake_fault::has_body_fields: return "a 101 with Content-Length or Transfer-Encoding";
    }
    return "malformed handshake";
}

agreement_verdict check_response(const http::head& response, const client_offer& offer)
{
    if (const auto fault = check_switch(response)) return *fault;
    if (!is_accepted(response, offer.key)) return handshake_fault::bad_accept;

    agreement out;
    if (const auto chosen = response.find(field_id::sec_websocket_protocol)) {
        const auto offered = std::find(offer.subprotocols.begin(), offer.subprotocols.end(), *chosen);
        if (response.count(field_id::sec_websocket_protocol) != 1 || offered == offer.subprotocols.end()) {
            return handshake_fault::bad_subprotocol;
        }
        out.subprotocol = *offered;
    }
    std::vector<std::string_view> agreed;
    if (!read_extensions(response, agreed)) return handshake_fault::bad_extension;
    for (const auto& name : agreed) {
        if (!contains(offer.extensions, name) || std::count(agreed.begin(), agreed.end(), name) > 1) {
            return handshake_fault::bad_extension;
        }
        (name == deflate ? out.permessage_deflate : out.other_extension) = true;
    }
    return out;
}

} // namespace fairlead::websocket
