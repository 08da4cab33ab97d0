#include "proxy/routing/route_explanation.hpp"

#include "proxy/routing/matchers.hpp"
#include "proxy/routing/query_parameters.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace fairlead::routing {
namespace {

using conf::path_kind;
using conf::route_options;

// Whether a request meets a route that has nothing else.
bool matches_alone(const route_options& only, const request_key& request)
{
    const auto table = route_table::build({&only, 1});
    return table && table->match(request).has_value();
}

route_options with_host(const std::string& host)
{
    route_options out;
    out.host = host;
    return out;
}

route_options with_path(path_kind kind, const std::string& path)
{
    route_options out;
    out.path_is = kind;
    out.path = path;
    return out;
}

// Each host and path is asked once, whatever the number of routes that have it.
class place_matcher
{
public:
    explicit place_matcher(const request_key& request)
        : request_(request)
    {}

    bool has_host(const route_options& route)
    {
        const auto [known, is_new] = hosts_.try_emplace(route.host, false);
        if (is_new) known->second = matches_alone(with_host(route.host), request_);
        return known->second;
    }
    bool has_path(const route_options& route)
    {
        const auto [known, is_new] = paths_.try_emplace({route.path_is, route.path}, false);
        if (is_new) known->second = matches_alone(with_path(route.path_is, route.path), request_);
        return known->second;
    }
    bool has_conditions(const route_options& route) const
    {
        std::vector<std::string> errors;
        const condition_set all(route, errors);
        return errors.empty() && all.hold(request_);
    }

private:
    const request_key& request_;
    std::map<std::string, bool> hosts_;
    std::map<std::pair<path_kind, std::string>, bool> paths_;
};

std::string joined(const std::vector<std::string>& words, std::string_view between)
{
    std::string out;
    for (const auto& each : words)
        out += (out.empty() ? "" : std::string(between)) + each;
    return out;
}

// A condition may be on a secret, such as a key of an application.
bool is_secret(std::string_view name)
{
    constexpr std::array<std::string_view, 6> marks{"authorization", "cookie", "key",
                                                    "token",         "secret", "password"};
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return std::ranges::any_of(marks, [&](std::string_view mark) { return lower.find(mark) != lower.npos; });
}

std::string test_text(std::string_view group, const conf::value_match& test)
{
    const std::string name = std::string(group) + " " + test.name;
    if (test.how == conf::value_match::kind::present) return name + " is there";
    const std::string_view sign = test.how == conf::value_match::kind::regex ? " ~ " : " = ";
    return name + std::string(sign) + (is_secret(test.name) ? "(not shown)" : test.text);
}

std::string path_text(const route_options& route)
{
    switch (route.path_is) {
    case path_kind::any: break;
    case path_kind::exact: return "path = " + route.path;
    case path_kind::prefix: return "path below " + route.path;
    case path_kind::regex: return "path ~ " + route.path;
    }
    return "any path";
}

std::string header_values(const request_key& request, std::string_view name)
{
    std::vector<std::string> out;
    std::size_t from = 0;
    while (const auto value = request.headers.next(name, from))
        out.emplace_back(*value);
    return joined(out, ", ");
}

std::string query_values(const request_key& request, std::string_view name)
{
    std::vector<std::string> out;
    query_parameters all(request.query);
    while (const auto value = all.next(name))
        out.emplace_back(*value);
    return joined(out, ", ");
}

// The conditions of one route, one after the other.
class condition_list
{
public:
    condition_list(const route_options& route, const request_key& request)
        : route_(route)
        , request_(request)
    {}

    std::vector<condition_outcome> take()
    {
        add_place();
        add_tests();
        add_connection();
        return std::move(out_);
    }

private:
    void add(std::string text, const route_options& only, std::string seen)
    {
        out_.push_back({std::move(text), matches_alone(only, request_), std::move(seen)});
    }

    void add_place()
    {
        if (!route_.host.empty())
            add("host " + route_.host, with_host(route_.host), std::string(request_.host));
        if (route_.path_is != path_kind::any)
            add(path_text(route_), with_path(route_.path_is, route_.path), std::string(request_.path));
    }

    void add_tests()
    {
        if (!route_.methods.empty()) {
            route_options only;
            only.methods = route_.methods;
            add("method " + joined(route_.methods, " or "), only, std::string(request_.method));
        }
        for (const auto& test : route_.headers) {
            route_options only;
            only.headers = {test};
            add(test_text("header", test), only, header_values(request_, test.name));
        }
        for (const auto& test : route_.query) {
            route_options only;
            only.query = {test};
            add(test_text("query", test), only, query_values(request_, test.name));
        }
    }

    void add_connection()
    {
        const std::string kind = request_.is_websocket ? "a WebSocket" : "plain HTTP";
        if (route_.only != conf::traffic_kind::any) {
            route_options only;
            only.only = route_.only;
            add(route_.only == conf::traffic_kind::http ? "only plain HTTP" : "only WebSockets", only, kind);
        }
        if (!route_.subprotocol.empty()) {
            route_options only;
            only.subprotocol = route_.subprotocol;
            const std::string offered = header_values(request_, "sec-websocket-protocol");
            add("subprotocol " + route_.subprotocol, only, offered.empty() ? kind : offered);
        }
        if (route_.client_certificate) {
            route_options only;
            only.client_certificate = route_.client_certificate;
            const auto* shown = request_.certificate;
            add("a client certificate", only, shown == nullptr ? "" : shown->subject);
        }
    }

    const route_options& route_;
    const request_key& request_;
    std::vector<condition_outcome> out_;
};

// What the order compares, smaller first.
int host_class(const route_options& route)
{
    return route.host.empty() ? 2 : route.host.starts_with("*.") ? 1 : 0;
}

int path_class(const route_options& route)
{
    switch (route.path_is) {
    case path_kind::exact: return 0;
    case path_kind::prefix: return 1;
    case path_kind::regex: return 2;
    case path_kind::any: break;
    }
    return 3;
}

// Equal patterns under one host are one place in the file.
std::uint32_t regex_place(std::span<const route_options> routes, std::uint32_t of)
{
    for (std::uint32_t at = 0; at < of; ++at) {
        const bool is_same = routes[at].path_is == path_kind::regex && routes[at].path == routes[of].path &&
                             routes[at].host == routes[of].host;
        if (is_same) return at;
    }
    return of;
}

std::uint32_t condition_count(const route_options& route)
{
    std::vector<std::string> errors;
    return condition_set(route, errors).count();
}

std::size_t failures(const route_outcome& of)
{
    return static_cast<std::size_t>(std::ranges::count(of.conditions, false, &condition_outcome::holds));
}

} // namespace

std::string reason_to_come_before(std::span<const route_options> routes, std::uint32_t a, std::uint32_t b)
{
    const route_options& first = routes[a];
    const route_options& second = routes[b];
    if (const int order = host_class(first) - host_class(second); order != 0)
        return order < 0 ? "its host says more" : "";
    if (host_class(first) == 1 && first.host.size() != second.host.size())
        return first.host.size() > second.host.size() ? "its host is longer" : "";
    if (const int order = path_class(first) - path_class(second); order != 0)
        return order < 0 ? "its path says more" : "";
    if (path_class(first) == 1 && first.path.size() != second.path.size())
        return first.path.size() > second.path.size() ? "its path is longer" : "";
    if (path_class(first) == 2) {
        const auto places = std::pair(regex_place(routes, a), regex_place(routes, b));
        if (places.first != places.second)
            return places.first < places.second ? "its pattern is earlier in the configuration" : "";
    }
    const auto counts = std::pair(condition_count(first), condition_count(second));
    if (counts.first != counts.second) return counts.first > counts.second ? "it has more conditions" : "";
    return a < b ? "it is earlier in the configuration" : "";
}

route_explanation explain(const route_table& table, std::span<const route_options> routes,
                          const request_key& request, std::size_t most)
{
    route_explanation out;
    out.taken = table.match(request);
    if (out.taken) out.conditions = condition_list(routes[*out.taken], request).take();
    place_matcher places(request);
    std::vector<std::uint32_t> holding;
    std::vector<std::uint32_t> near;
    for (std::uint32_t at = 0; at < routes.size(); ++at) {
        if (at == out.taken) continue;
        const int held =
            places.has_host(routes[at]) + places.has_path(routes[at]) + places.has_conditions(routes[at]);
        if (held >= 2) (held == 3 ? holding : near).push_back(at);
    }
    const auto before = [&](std::uint32_t a, std::uint32_t b) {
        return !reason_to_come_before(routes, a, b).empty();
    };
    for (auto* list : {&holding, &near}) {
        const auto end = list->begin() + static_cast<std::ptrdiff_t>(std::min(most, list->size()));
        std::ranges::partial_sort(*list, end, before);
        list->erase(end, list->end());
    }
    for (const auto* list : {&holding, &near}) {
        for (const std::uint32_t at : *list) {
            route_outcome one{at, condition_list(routes[at], request).take(), list == &holding, ""};
            if (one.holds && out.taken) one.behind = reason_to_come_before(routes, *out.taken, at);
            out.others.push_back(std::move(one));
        }
    }
    std::ranges::stable_sort(out.others, {}, failures);
    out.others.resize(std::min(most, out.others.size()));
    return out;
}

} // namespace fairlead::routing
