#include "proxy/server/explain_report.hpp"

#include "conf/canonical_path.hpp"
#include "proxy/http/fields_lookup.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/head_parser.hpp"
#include "proxy/http/https_redirect.hpp"
#include "proxy/http/own_answer.hpp"
#include "proxy/http/sticky_wish.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "proxy/routing/path_readings.hpp"
#include "proxy/routing/route_explanation.hpp"
#include "proxy/server/backend_watch.hpp"
#include "proxy/websocket/handshake.hpp"
#include "proxy/websocket/origin_check.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;

constexpr std::size_t most_others = 10;

// The request as it goes through the report.
struct question
{
    const imagined_request& asked;
    const http::service& by;
    bool is_running = false;
    http::head fields = {};
    http::request_facts facts = {};
    std::string host = {};
    std::string path = {};
};

// Strings of a request may be any bytes; JSON is UTF-8 (RFC 8259 8.1).
json::string ascii(std::string_view text)
{
    json::string out(text.data(), text.size());
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    return out;
}

std::string place_of(const conf::source_position& where)
{
    return where.file + ":" + std::to_string(where.line);
}

const conf::listen_options* find_listener(const question& of)
{
    for (const auto& each : of.by.config.listeners) {
        const bool is_tcp = each.address.what == conf::endpoint::kind::ip;
        if (is_tcp && each.address.port == of.asked.port && each.tls.has_value() == of.asked.is_secure)
            return &each;
    }
    return nullptr;
}

json::value refused(unsigned status, std::string_view reason)
{
    return json::object{{"status", status}, {"reason", ascii(reason)}};
}

// Nothing: it passes, and `of` knows what it says.
json::value check(question& of)
{
    const auto& limits = of.by.config.limits;
    http::request_head_parser parser(
        {limits.header_bytes, limits.header_count, static_cast<std::size_t>(limits.target_bytes)});
    const http::parse_result parsed = parser.parse(of.asked.bytes, of.fields);
    if (parsed.status != http::parse_status::done)
        return refused(http::status_of(parsed.fault), http::reason_of(parsed.fault));
    const http::request_verdict verdict = http::check_request(of.fields);
    if (verdict.has_error()) return refused(verdict.error().status, verdict.error().reason);
    of.facts = *verdict;
    http::lower_case_host(of.facts, of.host);
    of.facts.path = conf::canonical_path(of.facts.path, of.path);
    return nullptr;
}

json::object describe_request(const question& of)
{
    return {{"method", ascii(of.facts.method_text)},
            {"host", ascii(of.host)},
            {"path", ascii(of.facts.path)},
            {"query", ascii(of.facts.query)},
            {"websocket", of.facts.is_websocket}};
}

json::array describe(const std::vector<routing::condition_outcome>& conditions, bool only_failed)
{
    json::array out;
    for (const auto& each : conditions) {
        if (only_failed && each.holds) continue;
        out.push_back({{"condition", ascii(each.condition)}, {"seen", ascii(each.seen)}});
    }
    return out;
}

json::array describe_others(const question& of, const routing::route_explanation& told)
{
    json::array out;
    for (const auto& each : told.others) {
        const conf::route_options& route = of.by.config.routes[each.route];
        out.push_back({{"name", ascii(route.name)},
                       {"where", place_of(route.where)},
                       {"holds", each.holds},
                       {"behind", each.behind},
                       {"failed", describe(each.conditions, true)}});
    }
    return out;
}

// What stands between the route and its answer, in the order in which it is asked.
json::array describe_gates(const question& of, const conf::route_options& route)
{
    json::array out;
    const auto add = [&](std::string_view gate, json::value passes, std::string_view text) {
        out.push_back({{"gate", gate}, {"passes", std::move(passes)}, {"text", text}});
    };
    const conf::edge_options& edge = route.edge;
    const auto& client = of.asked.client;
    const auto known = [&](bool passes) { return client ? json::value(passes) : json::value(); };
    if (!edge.deny.empty())
        add("deny", known(!http::holds(edge.deny, client)), "addresses that are kept out");
    if (!edge.allow.empty())
        add("allow", known(http::holds(edge.allow, client)), "addresses that are let in");
    if (edge.request_rate) add("request_rate", nullptr, "so many requests of each client, 429 beyond");
    if (edge.jwt) add("jwt", nullptr, "a signed token is wanted, else 401");
    if (edge.basic_auth) add("basic_auth", nullptr, "a name and password are wanted, else 401");
    if (edge.auth_request)
        add("auth_request", nullptr, "pool " + edge.auth_request->pool + " says who may pass");
    if (!of.facts.is_websocket) return out;
    const auto offer = websocket::check_request(of.fields, of.facts);
    if (offer.has_error()) add("handshake", false, offer.error().reason);
    if (!route.websocket.origins.empty())
        add("origins", websocket::is_origin_allowed(route.websocket.origins, of.fields, of.facts.authority),
            "pages that may open a WebSocket here");
    return out;
}

json::object describe_answer(const question& of, const conf::edge_options& edge)
{
    if (edge.redirect.empty()) return {{"status", edge.respond->status}};
    const http::own_answer_request asked{of.facts, of.host, of.asked.is_secure ? "https" : "http"};
    return {{"status", edge.redirect_status}, {"location", ascii(http::location_for(edge.redirect, asked))}};
}

// The head that a backend would get, line by line.
json::array describe_head(const question& of, const conf::route_options& route)
{
    const conf::forward_options& options = of.by.config.forward;
    const std::string client = of.asked.client ? conf::to_string(of.asked.client->ip) : "";
    http::request_forwarding how;
    how.peer_ip = client;
    how.scheme = of.asked.is_secure ? "https" : "http";
    how.via_name = options.via ? std::string_view(options.via_name) : std::string_view();
    how.x_forwarded = options.x_forwarded;
    how.forwarded = options.forwarded;
    how.strip_prefix = route.strip_prefix;
    how.add_prefix = route.add_prefix;
    how.add_headers = route.add_headers;
    how.set_headers = route.set_headers;
    how.default_host = route.pool;
    how.upgrade = of.facts.is_websocket ? http::upgrade_intent::websocket : http::upgrade_intent::none;
    std::string head;
    http::append_request_head(head, of.fields, of.facts, how);
    json::array out;
    for (std::string_view rest = head; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
        if (!line.empty()) out.push_back(ascii(line));
    }
    return out;
}

std::string_view word_of(conf::balance_kind how)
{
    switch (how) {
    case conf::balance_kind::round_robin: return "round-robin";
    case conf::balance_kind::least_connections: return "least-connections";
    case conf::balance_kind::random_of_two: return "random-of-two";
    }
    return "";
}

bool may_be_chosen(const upstream::backend& which, const upstream::tier_in_charge& charge,
                   upstream::steady_time now)
{
    return !which.is_closed_to_new() && which.backoff().is_due(now) && !which.is_full() &&
           which.priority() == charge.priority && (charge.panics || which.is_serving(now));
}

json::array describe_backends(const upstream::pool& pool, bool is_running)
{
    const auto now = std::chrono::steady_clock::now();
    const upstream::tier_in_charge charge = pool.in_charge(now);
    json::array out;
    for (const auto& each : pool.backends()) {
        json::object one{
            {"backend", each->address().text}, {"weight", each->weight()}, {"priority", each->priority()}};
        if (is_running) {
            one["state"] = metrics::label(condition_of(*each, now));
            one["active"] = each->live();
            one["may_be_chosen"] = may_be_chosen(*each, charge, now);
        }
        out.push_back(std::move(one));
    }
    return out;
}

// To whom the request is led back; null: `balance` chooses.
json::value describe_sticky(const question& of, const upstream::pool& pool)
{
    if (pool.sticky() == nullptr) return nullptr;
    const auto now = std::chrono::steady_clock::now();
    const upstream::stickiness& rules = *pool.sticky();
    const upstream::sticky_wish wish = http::find_sticky_wish(rules, of.fields, of.facts, of.asked.client);
    const upstream::tier_in_charge charge = pool.in_charge(now);
    auto wanted = wish.position;
    if (!wanted && wish.key != 0)
        wanted = rules.first_owner(wish.key, [&](std::uint32_t at) {
            return !of.is_running || may_be_chosen(*pool.backends()[at], charge, now);
        });
    json::object out{{"by", rules.is_by_cookie() ? "cookie" : "value"}, {"backend", nullptr}};
    if (wanted) out["backend"] = pool.backends()[*wanted]->address().text;
    return out;
}

json::object describe_forwarding(const question& of, std::uint32_t route)
{
    const conf::route_options& options = of.by.config.routes[route];
    const upstream::pool& pool = *of.by.pools[*of.by.pool_of_route[route]];
    return {{"pool", ascii(pool.name())},
            {"balance", word_of(pool.balance())},
            {"head", describe_head(of, options)},
            {"sticky", describe_sticky(of, pool)},
            {"backends", describe_backends(pool, of.is_running)}};
}

// Whether a backend may take the path for one that another route is for.
bool is_in_doubt(const question& of, routing::request_key key, std::uint32_t taken)
{
    for (const std::string& reading : routing::other_readings(of.facts.path)) {
        key.path = reading;
        const auto other = of.by.routes.match(key);
        if (other && *other != taken) return true;
    }
    return false;
}

void describe_route(const question& of, json::object& out)
{
    const http::fields_lookup headers(of.fields);
    const routing::request_key key{
        of.host, of.facts.path, of.facts.query, of.facts.method_text, of.facts.is_websocket, headers};
    const auto told = routing::explain(of.by.routes, of.by.config.routes, key, most_others);
    out["others"] = describe_others(of, told);
    out["route"] = nullptr;
    if (!told.taken) {
        out["refused"] = refused(404, "no route serves this host and path");
        return;
    }
    const conf::route_options& route = of.by.config.routes[*told.taken];
    out["route"] = json::object{{"name", ascii(route.name)},
                                {"where", place_of(route.where)},
                                {"draining", of.is_running && of.by.loads[*told.taken]->is_draining()},
                                {"conditions", describe(told.conditions, false)}};
    if (is_in_doubt(of, key, *told.taken)) {
        out["refused"] = refused(400, routing::path_in_doubt);
        return;
    }
    out["gates"] = describe_gates(of, route);
    if (route.edge.is_final())
        out["answer"] = describe_answer(of, route.edge);
    else
        out["forward"] = describe_forwarding(of, *told.taken);
}

} // namespace

json::object explain(const imagined_request& asked, const http::service& by, bool is_running)
{
    question of{asked, by, is_running};
    json::object out;
    const conf::listen_options* const listener = find_listener(of);
    out["listener"] = nullptr;
    if (listener != nullptr)
        out["listener"] =
            json::object{{"address", listener->address.text}, {"tls", listener->tls.has_value()}};
    else
        out["note"] = std::string("no listener has port ") + std::to_string(asked.port) +
                      (asked.is_secure ? " with TLS" : " without TLS") +
                      "; routes are the same at all of them";
    if (json::value why = check(of); !why.is_null()) {
        out["refused"] = std::move(why);
        return out;
    }
    out["request"] = describe_request(of);
    if (listener != nullptr && listener->redirect_port != 0) {
        const auto location = http::https_location(of.facts, listener->redirect_port);
        out["answer"] = json::object{{"status", http::redirect_status(of.facts.method_text)},
                                     {"location", ascii(location.value_or(""))}};
        return out;
    }
    describe_route(of, out);
    return out;
}

} // namespace fairlead::server
