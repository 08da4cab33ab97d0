#include "conf/edge_keys.hpp"

#include "conf/access_keys.hpp"
#include "conf/cors_keys.hpp"
#include "conf/file_key.hpp"
#include "conf/http_syntax.hpp"
#include "conf/peer_addresses.hpp"
#include "conf/rate_keys.hpp"
#include "conf/route_conditions.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

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

void read_claims(const table_reader& table, token_options& target)
{
    const auto* node = table.find("copy_claims");
    if (node == nullptr || node->kind != node_kind::table) return;
    std::vector<std::string> taken;
    for (const auto& entry : node->entries) {
        const written_at place{&table.file(), entry.value.at, table.path_of("copy_claims") + "." + entry.key};
        if (entry.value.kind != node_kind::text) {
            table.errors().add(place, "wants the name of a header in quotes");
        } else if (const auto problem = problem_of_copy(entry.value.text, taken); !problem.empty()) {
            table.errors().add(place, problem);
        } else {
            taken.push_back(entry.value.text);
            target.copy_claims.push_back({entry.key, entry.value.text});
        }
    }
}

void read_jwt(const table_reader& route, edge_options& target)
{
    const auto* node = route.find("jwt");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(*node, {"route.jwt", route.path_of("jwt"), route.file(), route.errors()});
    auto& jwt = target.jwt.emplace();
    const bool has_keys = table.find("keys") != nullptr;
    const bool has_secret = table.find("secret_file") != nullptr;
    if (has_keys == has_secret)
        table.report("keys", "or secret_file says what tokens are verified by; have one of them");
    jwt.key_set = text_in_file(table, "keys");
    jwt.secret = secret_in_file(table, "secret_file");
    table.read("issuer", jwt.issuer);
    for (const auto& item : table.texts("audience"))
        jwt.audiences.emplace_back(item.text);
    table.read("cookie", jwt.cookie);
    if (table.find("cookie") != nullptr && !is_token(jwt.cookie))
        table.report("cookie", in_quotes(jwt.cookie) + " is not the name of a cookie");
    table.read("query", jwt.query);
    read_claims(table, jwt);
    table.read("leeway", jwt.leeway);
    if (target.is_final()) route.report("jwt", "has no use: the route answers everybody itself");
}

void read_auth_request(const table_reader& route, edge_options& target)
{
    const auto* node = route.find("auth_request");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(
        *node, {"route.auth_request", route.path_of("auth_request"), route.file(), route.errors()});
    auto& auth = target.auth_request.emplace();
    table.read("pool", auth.pool);
    table.read("path", auth.path);
    if (table.find("path") != nullptr) {
        if (const auto problem = problem_of_path(auth.path); !problem.empty()) table.report("path", problem);
    }
    for (const auto& item : table.texts("copy_headers")) {
        if (const auto problem = problem_of_copy(item.text, auth.copy_headers); !problem.empty())
            table.errors().add(item.where, problem);
        else
            auth.copy_headers.emplace_back(item.text);
    }
    if (target.is_final()) route.report("auth_request", "has no use: the route answers everybody itself");
}

} // namespace

void read_edge_keys(const table_reader& route, edge_options& target)
{
    read_redirect(route, target);
    read_respond(route, target);
    target.allow = read_peers(route, "allow");
    target.deny = read_peers(route, "deny");
    read_request_rate(route, target);
    read_jwt(route, target);
    read_auth_request(route, target);
    read_basic_auth(route, target);
    read_compression(route, target);
    target.response_headers = read_response_headers(route);
    read_cors(route, target);
    if (!target.redirect.empty() && target.respond)
        route.report("respond", "and redirect are two answers; keep one");
    if (route.find("pool") != nullptr && target.is_final())
        route.report("pool", "gets nothing: the route answers itself");
    if (route.find("pool") == nullptr && !target.is_final())
        route.errors().add(route.where_table(), "needs a pool, or redirect or respond");
}

std::vector<std::string> vouched_names(const edge_options& of)
{
    std::vector<std::string> names;
    if (of.jwt) {
        for (const auto& each : of.jwt->copy_claims)
            names.push_back(to_lower(each.header));
    }
    if (of.basic_auth && !of.basic_auth->forward_user.empty())
        names.push_back(to_lower(of.basic_auth->forward_user));
    if (of.auth_request) {
        for (const auto& each : of.auth_request->copy_headers)
            names.push_back(to_lower(each));
    }
    return names;
}

} // namespace fairlead::conf
