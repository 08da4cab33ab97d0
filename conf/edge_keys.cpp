#include "conf/edge_keys.hpp"

#include "conf/http_syntax.hpp"
#include "conf/peer_addresses.hpp"
#include "conf/rate_keys.hpp"
#include "conf/route_conditions.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_body = 64UL * 1024;

// What is wrong with a template, "" when nothing is.
std::string problem_of_location(std::string_view text)
{
    constexpr std::array<std::string_view, 5> known{"scheme", "host", "uri", "path", "query"};
    if (const auto problem = problem_of_field_value(text); !problem.empty()) return problem;
    if (text.empty()) return "is empty; it is where the client is sent";
    for (auto rest = text; !rest.empty();) {
        const auto open = rest.find_first_of("{}");
        if (open == rest.npos) break;
        const auto close = rest.find('}', open);
        const auto name =
            rest[open] == '}' || close == rest.npos ? "" : rest.substr(open + 1, close - open - 1);
        if (std::ranges::find(known, name) == known.end())
            return "has " + in_quotes(rest.substr(open, close == rest.npos ? close : close - open + 1)) +
                   "; there are {scheme}, {host}, {uri}, {path} and {query}";
        rest.remove_prefix(close + 1);
    }
    if (text.find(' ') != text.npos) return "has a space; write %20";
    const bool is_absolute = text.starts_with("http://") || text.starts_with("https://") ||
                             text.starts_with("{scheme}://") || text.starts_with("/");
    return is_absolute ? "" : "begins with http://, https://, {scheme}:// or '/'";
}

void read_redirect(const table_reader& route, edge_options& target)
{
    if (route.find("redirect") != nullptr) {
        route.read("redirect", target.redirect);
        if (const auto problem = problem_of_location(target.redirect); !problem.empty())
            route.report("redirect", problem);
    }
    route.read("redirect_status", target.redirect_status);
    constexpr std::array known{301U, 302U, 303U, 307U, 308U};
    if (std::ranges::find(known, target.redirect_status) == known.end())
        route.report("redirect_status", "is 301, 302, 303, 307 or 308 (RFC 9110 15.4)");
    if (route.find("redirect_status") != nullptr && target.redirect.empty())
        route.report("redirect_status", "has no use without redirect");
}

bool has_no_body(std::uint32_t status) { return status == 204 || status == 205 || status == 304; }

void read_respond(const table_reader& route, edge_options& target)
{
    const auto* node = route.find("respond");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(*node,
                             {"route.respond", route.path_of("respond"), route.file(), route.errors()});
    auto& respond = target.respond.emplace();
    table.read("status", respond.status);
    table.read("body", respond.body);
    table.read("type", respond.type);
    if (respond.body.size() > longest_body) table.report("body", "is longer than 64 KiB");
    if (has_no_body(respond.status) && !respond.body.empty())
        table.report("body", "cannot go with " + std::to_string(respond.status) + ", which has none");
    if (const auto problem = problem_of_field_value(respond.type); !problem.empty())
        table.report("type", problem);
}

void read_request_rate(const table_reader& route, edge_options& target)
{
    const auto* node = route.find("request_rate");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(
        *node, {"route.request_rate", route.path_of("request_rate"), route.file(), route.errors()});
    auto& rate = target.request_rate.emplace();
    read_rate(table, {"limit", "burst"}, rate.limit);
    rate.by = static_cast<rate_key>(table.choice("by").value_or(0));
    table.read("name", rate.name);
    const bool is_named = table.find("name") != nullptr;
    if (rate.by == rate_key::client && is_named) {
        table.report("name", "means nothing here: a client has none");
    } else if (rate.by != rate_key::client && !is_token(rate.name)) {
        table.report("name", is_named ? in_quotes(rate.name) + " is not the name of a header or cookie"
                                      : "is required here: whose values are counted?");
    }
    if (rate.by == rate_key::header) rate.name = to_lower(rate.name);
}

} // namespace

void read_edge_keys(const table_reader& route, edge_options& target)
{
    read_redirect(route, target);
    read_respond(route, target);
    target.allow = read_peers(route, "allow");
    target.deny = read_peers(route, "deny");
    read_request_rate(route, target);
    target.response_headers = read_response_headers(route);
    if (!target.redirect.empty() && target.respond)
        route.report("respond", "and redirect are two answers; keep one");
    if (route.find("pool") != nullptr && target.is_final())
        route.report("pool", "gets nothing: the route answers itself");
    if (route.find("pool") == nullptr && !target.is_final())
        route.errors().add(route.where_table(), "needs a pool, or redirect or respond");
}

} // namespace fairlead::conf
