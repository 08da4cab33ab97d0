#include "conf/route_section.hpp"

#include "conf/canonical_path.hpp"
#include "conf/edge_keys.hpp"
#include "conf/error_page_keys.hpp"
#include "conf/http_syntax.hpp"
#include "conf/route_conditions.hpp"
#include "conf/tls_section.hpp"
#include "conf/websocket_keys.hpp"
#include "conf/suggestion.hpp"

#include <algorithm>
#include <array>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_name = 128;

bool is_text(const table_reader& table, std::string_view name)
{
    const auto* node = table.find(name);
    return node != nullptr && node->kind == node_kind::text;
}

void report_problem(const table_reader& table, std::string_view name, const std::string& problem)
{
    if (!problem.empty()) {
        table.report(name, problem);
    }
}

void read_name(const table_reader& table, route_options& route)
{
    table.read("name", route.name);
    if (is_text(table, "name") &&
        (route.name.empty() || route.name.size() > longest_name || has_control(route.name)))
    {
        table.report("name", "a route's name is 1 to 128 bytes without control characters");
    }
}

void read_host(const table_reader& table, route_options& route)
{
    table.read("host", route.host);
    if (!is_text(table, "host")) {
        return;
    }
    report_problem(table, "host", problem_of_host(route.host));
    route.host = to_lower(route.host);
    if (route.host.starts_with('[') && route.host.size() > 2) {
        const auto address = parse_ip_address(std::string_view(route.host).substr(1, route.host.size() - 2));
        route.host = address ? "[" + to_string(*address) + "]" : route.host;
    }
}

// As requests have it when they are compared; one with a problem, which was reported, stays.
std::string in_form(const std::string& path)
{
    if (!problem_of_path(path).empty()) return path;
    std::string room;
    return std::string(canonical_path(path, room));
}

void read_path(const table_reader& table, route_options& route)
{
    if (table.find("path") != nullptr && table.find("path_regex") != nullptr) {
        table.report("path_regex", "a route has 'path' or 'path_regex', not both");
    }
    std::string regex;
    table.read("path_regex", regex);
    if (is_text(table, "path_regex")) {
        report_problem(table, "path_regex", problem_of_regex(regex));
        route.path_is = path_kind::regex;
        route.path = regex;
    }
    std::string path;
    table.read("path", path);
    if (is_text(table, "path")) {
        report_problem(table, "path", problem_of_path(path));
        route.path_is = path.ends_with('/') ? path_kind::prefix : path_kind::exact;
        route.path = in_form(path);
    }
}

void read_methods(const table_reader& table, route_options& route)
{
    constexpr std::array<std::string_view, 9> known{"GET",    "HEAD",    "POST",  "PUT",    "PATCH",
                                                    "DELETE", "OPTIONS", "TRACE", "CONNECT"};
    for (const auto& item : table.texts("methods")) {
        const auto upper =
            std::ranges::find_if(known, [&](auto word) { return to_lower(word) == item.text; });
        if (!is_token(item.text)) {
            table.errors().add(item.where, in_quotes(item.text) + " is not a method (RFC 9110 9.1)");
        } else if (upper != known.end()) {
            table.errors().add(item.where,
                               "the case of a method counts: did you mean '" + std::string(*upper) + "'?");
        } else if (std::ranges::find(route.methods, item.text) != route.methods.end()) {
            table.errors().add(item.where, in_quotes(item.text) + " is listed twice");
        } else {
            route.methods.emplace_back(item.text);
        }
    }
    const auto* node = table.find("methods");
    if (node != nullptr && node->kind == node_kind::array && node->items.empty()) {
        table.report("methods", "is empty; leave it out to match any method");
    }
}

void read_traffic(const table_reader& table, route_options& route)
{
    if (const auto choice = table.choice("only")) {
        route.only = *choice == 0 ? traffic_kind::http : traffic_kind::websocket;
    }
    table.read("subprotocol", route.subprotocol);
    if (!is_text(table, "subprotocol")) {
        return;
    }
    if (!is_token(route.subprotocol)) {
        table.report("subprotocol", in_quotes(route.subprotocol) + " is not a token (RFC 6455 4.1)");
    } else if (route.only == traffic_kind::http) {
        table.report("subprotocol", "only a WebSocket has one, and the route takes http only");
    }
}

void read_strip_prefix(const table_reader& table, route_options& route)
{
    std::string prefix;
    table.read("strip_prefix", prefix);
    if (!is_text(table, "strip_prefix")) {
        return;
    }
    if (const auto problem = problem_of_path(prefix); !problem.empty()) {
        table.report("strip_prefix", problem);
        return;
    }
    prefix = in_form(prefix);
    prefix.erase(prefix.find_last_not_of('/') + 1);
    const bool has_path = route.path_is == path_kind::exact || route.path_is == path_kind::prefix;
    const bool is_in_path = (route.path + "/").starts_with(prefix + "/");
    if (prefix.empty()) {
        table.report("strip_prefix", "'/' alone would remove nothing");
    } else if (has_path && !is_in_path) {
        table.report("strip_prefix",
                     in_quotes(prefix) + " is not the start of the route's path " + in_quotes(route.path));
    }
    route.strip_prefix = prefix;
}

void read_add_prefix(const table_reader& table, route_options& route)
{
    std::string prefix;
    table.read("add_prefix", prefix);
    if (!is_text(table, "add_prefix")) return;
    if (const auto problem = problem_of_path(prefix); !problem.empty()) {
        table.report("add_prefix", problem);
        return;
    }
    prefix.erase(prefix.find_last_not_of('/') + 1);
    if (prefix.empty()) table.report("add_prefix", "'/' alone would add nothing");
    route.add_prefix = prefix;
}

void read_answer_rewriting(const table_reader& table, route_options& route)
{
    table.read("rewrite_location", route.rewrite_location);
    table.read("rewrite_cookie_path", route.rewrite_cookie_path);
    if (route.rewrite_cookie_path && route.strip_prefix.empty() && route.add_prefix.empty())
        table.report("rewrite_cookie_path",
                     "has no use without strip_prefix or add_prefix: paths are the same");
    if (route.rewrite_location && route.edge.is_final())
        table.report("rewrite_location", "has no use: the route answers everybody itself");
}

// name ["/" version] (RFC 9110 7.8)
bool is_upgrade_token(std::string_view text)
{
    const auto slash = text.find('/');
    return is_token(text.substr(0, slash)) && (slash == text.npos || is_token(text.substr(slash + 1)));
}

void read_upgrades(const table_reader& table, route_options& route)
{
    for (const auto& item : table.texts("upgrades")) {
        auto upgrade = to_lower(item.text);
        if (!is_upgrade_token(upgrade)) {
            table.errors().add(item.where, in_quotes(item.text) + " is not an Upgrade token (RFC 9110 7.8)");
        } else if (upgrade == "websocket") {
            table.errors().add(item.where, "WebSockets need no entry here: every route takes them");
        } else if (upgrade.starts_with("h2c")) {
            table.errors().add(item.where, "h2c would let a client send requests past the routes");
        } else if (std::ranges::find(route.upgrades, upgrade) != route.upgrades.end()) {
            table.errors().add(item.where, in_quotes(item.text) + " is listed twice");
        } else {
            route.upgrades.push_back(std::move(upgrade));
        }
    }
}

// A second field beside one that the proxy vouches for would let a backend read either.
void read_add_headers(const table_reader& table, route_options& route)
{
    route.add_headers = read_added_headers(table);
    auto known = vouched_names(route.edge);
    for (const auto& each : route.set_headers)
        known.push_back(to_lower(each.name));
    for (const auto& each : route.add_headers) {
        if (std::ranges::find(known, to_lower(each.name)) != known.end())
            table.report("add_headers", in_quotes(each.name) + " is set by the route already");
    }
}

void read_route(const table_reader& table, config_draft& draft)
{
    route_options route;
    route.where = table.position();
    read_name(table, route);
    read_host(table, route);
    read_path(table, route);
    read_methods(table, route);
    route.headers = read_header_tests(table);
    route.query = read_query_tests(table);
    read_traffic(table, route);
    read_client_certificate(table, route);
    table.read("pool", route.pool);
    if (is_text(table, "pool") && route.pool.empty()) {
        table.report("pool", "is empty; it names a pool");
    }
    read_strip_prefix(table, route);
    read_add_prefix(table, route);
    route.set_headers = read_set_headers(table);
    read_edge_keys(table, route.edge);
    read_error_pages(table, route.edge.error_pages, draft);
    read_answer_rewriting(table, route);
    if (route.edge.basic_auth) draft.value.files.push_back(route.edge.basic_auth->file);
    read_add_headers(table, route);
    route.websocket = draft.value.websocket;
    read_websocket_keys(table, route.websocket);
    read_upgrades(table, route);
    table.read("max_connections", route.max_connections);
    table.read("max_connections_per_client", route.max_connections_per_client);
    if (table.find("log_sample") != nullptr) table.read("log_sample", route.log_sample.emplace(1));
    draft.value.routes.push_back(std::move(route));
    draft.route_places.push_back(table.where_table());
    draft.route_name_places.push_back(table.where("name"));
    draft.route_pool_places.push_back(table.where("pool"));
    draft.route_auth_places.push_back(table.where("auth_request"));
}

} // namespace

void read_routes(const table_reader& top, config_draft& draft)
{
    const auto* node = top.find("route");
    if (node == nullptr) {
        return;
    }
    if (node->kind != node_kind::array) {
        top.report("route", "each route is a table of its own: [[route]]");
        return;
    }
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const auto place = top.where_item("route", i);
        const table_reader table(node->items[i], {"route", place.key, top.file(), top.errors()});
        if (node->items[i].kind == node_kind::table) {
            read_route(table, draft);
        }
    }
}

} // namespace fairlead::conf
