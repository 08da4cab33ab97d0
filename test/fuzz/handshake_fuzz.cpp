// Input: a request head and an answer head behind it. What the two agree on was offered, and what is
// forwarded offers the same (RFC 6455 4.1, 4.2).
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/response_rules.hpp"
#include "proxy/websocket/handshake.hpp"
#include "test/fuzz/head_reading.hpp"

#include <algorithm>

namespace {

using namespace fairlead;
using fuzz::require;
using websocket::client_offer;

void check_forwarded(const http::head& sent, const http::request_facts& facts, const client_offer& offer)
{
    std::string text;
    http::append_request_head(text, sent, facts, {.upgrade = http::upgrade_intent::websocket});
    http::head written;
    fuzz::read_written<http::request_head_parser>(text, written);
    const auto rules = http::check_request(written);
    require(rules.has_value() && rules->is_websocket, "a forwarded handshake is one");
    const auto again = websocket::check_request(written, *rules);
    require(again.has_value(), "and passes its rules");
    require(again->key == offer.key, "with the same key");
    require(again->subprotocols == offer.subprotocols, "the same subprotocols");
    require(again->extensions == offer.extensions, "and the same extensions");
}

void check_answer(std::string_view bytes, const client_offer& offer)
{
    http::head answer;
    if (!fuzz::read_head<http::response_head_parser>(bytes, answer)) return;
    if (http::check_response(answer, {http::method_kind::get, true}).has_error()) return;
    const auto verdict = websocket::check_response(answer, offer);
    if (verdict.has_error()) {
        require(!websocket::reason_of(verdict.error()).empty(), "a fault has a reason");
        return;
    }
    const auto accept = websocket::accept_key(offer.key);
    require(answer.status() == 101, "only a 101 switches");
    require(answer.find("Sec-WebSocket-Accept") == std::string_view(accept.data(), accept.size()),
            "the answer is to this key");
    const auto& offered = offer.subprotocols;
    require(verdict->subprotocol.empty() ||
                std::find(offered.begin(), offered.end(), verdict->subprotocol) != offered.end(),
            "the subprotocol was offered");
    require(!offer.extensions.empty() || !(verdict->permessage_deflate || verdict->other_extension),
            "the extensions were offered");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    http::head sent;
    const auto request_size = fuzz::read_head<http::request_head_parser>(bytes, sent);
    if (!request_size) return 0;
    const auto rules = http::check_request(sent);
    if (rules.has_error()) return 0;
    const auto offer = websocket::check_request(sent, *rules);
    if (offer.has_error()) {
        require(offer.error().status == 400 || offer.error().status == 426, "a refusal is 400 or 426");
        return 0;
    }
    check_forwarded(sent, *rules, *offer);
    check_answer(bytes.substr(*request_size), *offer);
    return 0;
}
