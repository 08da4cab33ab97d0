#include "conf/cors_keys.hpp"

#include "conf/http_syntax.hpp"
#include "conf/websocket_keys.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace fairlead::conf {

namespace {

void read_allowed_origins(const table_reader& table, cors_options& cors)
{
    const auto origins = table.texts("origins");
    for (const auto& item : origins) {
        const auto pattern = parse_origin(item.text);
        if (item.text == "*") {
            cors.any_origin = true;
        } else if (!pattern) {
            table.errors().add(item.where, in_quotes(item.text) + " is not an origin; one is " +
                                               range_text(*find_key("route.cors", "origins")));
        } else if (pattern->how == origin_pattern::kind::none) {
            table.errors().add(item.where,
                               "who sends no Origin asks nothing here; only websocket has \"none\"");
        } else if (std::ranges::find(cors.origins, *pattern) != cors.origins.end()) {
            table.errors().add(item.where, in_quotes(item.text) + " is listed twice");
        } else {
            cors.origins.push_back(*pattern);
        }
    }
    const auto* node = table.find("origins");
    const bool is_list = node != nullptr && node->kind == node_kind::array;
    if (is_list && node->items.empty())
        table.report("origins", "names nobody; leave `cors` out to answer no other origin's page");
    if (cors.any_origin && origins.size() > 1) table.report("origins", "\"*\" holds all others");
}

// Tokens, each once, or "*" alone; header names are the same in any case, methods are not.
void read_names(const table_reader& table, std::string_view key, bool has_case,
                std::vector<std::string>& target)
{
    if (table.find(key) == nullptr) return;
    std::vector<std::string> seen;
    target.clear();
    for (const auto& item : table.texts(key)) {
        auto name = has_case ? std::string(item.text) : to_lower(item.text);
        if (!is_token(item.text)) {
            table.errors().add(item.where, in_quotes(item.text) + " is not a token (RFC 9110 5.6.2)");
        } else if (std::ranges::find(seen, name) != seen.end()) {
            table.errors().add(item.where, in_quotes(item.text) + " is listed twice");
        } else {
            seen.push_back(std::move(name));
            target.emplace_back(item.text);
        }
    }
    if (target.size() > 1 && std::ranges::find(target, "*") != target.end())
        table.report(key, "\"*\" holds all others");
}

// Browsers send methods as a page spells them, but for these (Fetch, 2.2.1 "normalize").
void check_case(const table_reader& table, const cors_options& cors)
{
    constexpr std::array<std::string_view, 7> known{"get",     "head",   "post", "put",
                                                    "options", "delete", "patch"};
    for (const std::string& each : cors.methods) {
        const std::string lower = to_lower(each);
        const bool is_known = std::ranges::find(known, lower) != known.end();
        if (is_known && std::ranges::any_of(each, [](char c) { return c >= 'a' && c <= 'z'; }))
            table.report("methods", in_quotes(each) + ": the case of a method counts; write it in capitals");
    }
}

void check_credentials(const table_reader& table, const cors_options& cors)
{
    if (!cors.credentials) return;
    if (cors.any_origin)
        table.report("credentials",
                     "with origins = \"*\" would let every page on the web act as whoever visits "
                     "it; browsers refuse that (Fetch, 3.2.5), so name the origins");
    if (std::ranges::find(cors.expose_headers, "*") != cors.expose_headers.end())
        table.report("expose_headers",
                     "\"*\" is no wildcard with credentials (Fetch, 3.2.5); name the headers");
}

bool is_of_cors(std::string_view name) { return to_lower(name).starts_with("access-control-"); }

} // namespace

void read_cors(const table_reader& route, edge_options& target)
{
    const auto* node = route.find("cors");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(*node, {"route.cors", route.path_of("cors"), route.file(), route.errors()});
    auto& cors = target.cors.emplace();
    read_allowed_origins(table, cors);
    read_names(table, "methods", true, cors.methods);
    check_case(table, cors);
    read_names(table, "headers", false, cors.headers);
    read_names(table, "expose_headers", false, cors.expose_headers);
    table.read("credentials", cors.credentials);
    table.read("max_age", cors.max_age);
    check_credentials(table, cors);
    for (const auto& each : target.response_headers) {
        if (is_of_cors(each.name))
            route.report("response_headers", in_quotes(each.name) + " is what `cors` says; keep one of them");
    }
}

} // namespace fairlead::conf
