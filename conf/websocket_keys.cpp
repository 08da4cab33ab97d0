#include "conf/websocket_keys.hpp"

#include "conf/http_syntax.hpp"
#include "conf/rate_keys.hpp"

#include <algorithm>
#include <string>

namespace fairlead::conf {

std::optional<origin_pattern> parse_origin(std::string_view written)
{
    const auto text = to_lower(written);
    if (text == "same-host") {
        return origin_pattern{origin_pattern::kind::same_host, "", ""};
    }
    if (text == "none") {
        return origin_pattern{origin_pattern::kind::none, "", ""};
    }
    const auto scheme_end = text.find("://");
    if (scheme_end == text.npos || scheme_end == 0) {
        return std::nullopt;
    }
    const auto authority = text.substr(scheme_end + 3);
    const bool is_wildcard = authority.starts_with("*.");
    const auto host = is_wildcard ? authority.substr(2) : authority;
    const bool is_plain = !host.empty() && is_visible_text(host) && host.find_first_of("/*?#@") == host.npos;
    if (!is_plain || !is_token(text.substr(0, scheme_end))) {
        return std::nullopt;
    }
    if (is_wildcard) {
        return origin_pattern{origin_pattern::kind::wildcard, "." + host, text.substr(0, scheme_end)};
    }
    return origin_pattern{origin_pattern::kind::exact, text, ""};
}

namespace {

void read_origins(const table_reader& table, std::vector<origin_pattern>& target)
{
    if (table.find("origins") == nullptr) {
        return;
    }
    target.clear(); // a route's own replace those of [websocket]
    for (const auto& item : table.texts("origins")) {
        const auto pattern = parse_origin(item.text);
        if (!pattern) {
            table.errors().add(item.where, in_quotes(item.text) + " is not an origin; one is " +
                                               range_text(*find_key("websocket", "origins")));
        } else if (std::ranges::find(target, *pattern) != target.end()) {
            table.errors().add(item.where, in_quotes(item.text) + " is listed twice");
        } else {
            target.push_back(*pattern);
        }
    }
}

void read_subprotocols(const table_reader& table, std::vector<std::string>& target)
{
    if (table.find("subprotocols") == nullptr) {
        return;
    }
    target.clear();
    for (const auto& item : table.texts("subprotocols")) {
        if (!is_token(item.text)) {
            table.errors().add(item.where, in_quotes(item.text) + " is not a token (RFC 6455 4.1)");
        } else {
            target.emplace_back(item.text);
        }
    }
}

void read_keys(const table_reader& table, websocket_options& target)
{
    table.read("ping_every", target.ping_every);
    table.read("pong_timeout", target.pong_timeout);
    if (const auto sides = table.choice("ping")) {
        target.ping = static_cast<ping_sides>(*sides);
    }
    table.read("idle_timeout", target.idle_timeout);
    table.read("max_age", target.max_age);
    table.read("max_message", target.max_message);
    table.read("max_frame", target.max_frame);
    read_rate(table, {"message_rate", "message_burst"}, target.message_rate);
    read_rate(table, {"byte_rate", "byte_burst"}, target.byte_rate);
    read_rate(table, {"control_rate", "control_burst"}, target.control_rate);
    table.read("rate_patience", target.rate_patience);
    table.read("slow_timeout", target.slow_timeout);
    table.read("enforce", target.enforce);
    read_origins(table, target.origins);
    read_subprotocols(table, target.subprotocols);
    if (const auto handling = table.choice("permessage_deflate")) {
        target.permessage_deflate = static_cast<deflate_handling>(*handling);
    }
}

} // namespace

void read_websocket_section(const table_reader& top, config_draft& draft)
{
    read_websocket_keys(top, draft.value.websocket);
}

void read_websocket_keys(const table_reader& owner, websocket_options& target)
{
    const auto* node = owner.find("websocket");
    if (node == nullptr) {
        return;
    }
    const table_reader table(*node, {"websocket", owner.path_of("websocket"), owner.file(), owner.errors()});
    if (node->kind == node_kind::table) {
        read_keys(table, target);
    }
}

} // namespace fairlead::conf
