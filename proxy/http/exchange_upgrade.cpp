// Whether a request becomes something else than HTTP, and what its client offers for it.
#include "proxy/http/exchange.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/websocket/origin_check.hpp"

#include <algorithm>

namespace fairlead::http {
namespace {

// The first protocol of an Upgrade field that the route lets through as plain bytes.
std::string_view first_allowed(std::string_view offered, const std::vector<std::string>& allowed)
{
    list_elements elements(offered);
    while (const auto token = elements.next()) {
        if (std::ranges::any_of(allowed,
                                [&](const std::string& each) { return equal_ignoring_case(each, *token); }))
            return *token;
    }
    return {};
}

} // namespace

bool exchange::may_upgrade() const
{
    const listening_point& by = *asked_.came_by;
    return by.gate == nullptr ||
           by.gate->admit(by.upgrades, std::chrono::steady_clock::now().time_since_epoch());
}

// A WebSocket, or a protocol the route lets through; any other Upgrade is ignored, as RFC 9110 7.8 allows.
bool exchange::choose_upgrade()
{
    if (asked_.facts.is_websocket) {
        intent_ = upgrade_intent::websocket;
        return true;
    }
    upgrade_token_ = first_allowed(asked_.facts.upgrade, asked_.route->options().upgrades);
    if (!upgrade_token_.empty()) intent_ = upgrade_intent::plain;
    return intent_ != upgrade_intent::none;
}

std::optional<refusal> exchange::offer_websocket()
{
    if (intent_ != upgrade_intent::websocket) return std::nullopt;
    websocket::offer_verdict verdict = websocket::check_request(asked_.fields, asked_.facts);
    if (verdict.has_error()) return verdict.error();
    offer_ = std::move(*verdict);
    const conf::websocket_options& options = asked_.route->options().websocket;
    if (!websocket::is_origin_allowed(options.origins, asked_.fields, asked_.facts.authority))
        return refusal{refusal_kind::forbidden_origin, 403, "this origin may not open a WebSocket here"};
    narrowed_ = websocket::narrow(offer_, asked_.fields, options.subprotocols,
                                  options.permessage_deflate == conf::deflate_handling::strip);
    return std::nullopt;
}

} // namespace fairlead::http
