#include "conf/consistency.hpp"

#include "conf/http_syntax.hpp"
#include "conf/suggestion.hpp"

#include <algorithm>
#include <map>

namespace fairlead::conf {

namespace {

std::string derived_name(const route_options& route)
{
    const std::string host = route.host.empty() ? "*" : route.host;
    return route.path_is == path_kind::regex ? host + "~" + route.path : host + route.path;
}

void name_routes(config_draft& draft, diagnostics& errors)
{
    std::map<std::string, std::size_t> given;
    auto& routes = draft.value.routes;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (routes[i].name.empty()) {
            continue;
        }
        const auto [first, is_new] = given.emplace(routes[i].name, i);
        if (!is_new) {
            errors.add(draft.route_name_places[i],
                       in_quotes(routes[i].name) + " is the name of another route already, at " +
                           position_text(draft.route_name_places[first->second].position()));
        }
    }
    std::map<std::string, std::size_t> last_number;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (!routes[i].name.empty()) {
            continue;
        }
        const auto name = derived_name(routes[i]);
        auto candidate = name;
        for (auto& number = last_number.emplace(name, 1).first->second; !given.emplace(candidate, i).second;)
        {
            candidate = name + "#" + std::to_string(++number);
        }
        routes[i].name = candidate;
    }
}

std::string tests_key(std::vector<value_match> tests)
{
    std::ranges::sort(tests, {}, &value_match::name);
    std::string key;
    for (const auto& test : tests) {
        key += test.name + '\0' + std::to_string(static_cast<int>(test.how)) + test.text + '\0';
    }
    return key;
}

std::string certificate_key(const std::optional<client_certificate_match>& wanted)
{
    if (!wanted) {
        return "";
    }
    std::string key = "shown";
    for (const auto* texts : {&wanted->subjects, &wanted->sans, &wanted->fingerprints}) {
        key += '\2';
        for (const auto& text : *texts) {
            key += text + '\0';
        }
    }
    return key;
}

// Equal for two routes exactly when they have the same conditions.
std::string conditions_key(const route_options& route)
{
    auto methods = route.methods;
    std::ranges::sort(methods);
    std::string key = route.host + '\0' + std::to_string(static_cast<int>(route.path_is)) + route.path + '\0';
    for (const auto& method : methods) {
        key += method + ' ';
    }
    key += '\0' + tests_key(route.headers) + '\1' + tests_key(route.query) + '\1';
    return key + std::to_string(static_cast<int>(route.only)) + route.subprotocol + '\1' +
           certificate_key(route.client_certificate);
}

void check_reachable(const config_draft& draft, diagnostics& errors)
{
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < draft.value.routes.size(); ++i) {
        const auto [first, is_new] = seen.emplace(conditions_key(draft.value.routes[i]), i);
        if (!is_new) {
            errors.add(draft.route_places[i],
                       "can never match: the route at " +
                           position_text(draft.route_places[first->second].position()) +
                           " has the same conditions");
        }
    }
}

} // namespace

void check_routes(config_draft& draft, diagnostics& errors)
{
    name_routes(draft, errors);
    check_reachable(draft, errors);
}

// Beside what the proxy says itself a second field would let a backend read either.
void check_added_headers(const config_draft& draft, diagnostics& errors)
{
    const forward_options& forward = draft.value.forward;
    for (std::size_t i = 0; i < draft.value.routes.size(); ++i) {
        for (const auto& each : draft.value.routes[i].add_headers) {
            const auto name = to_lower(each.name);
            if (name == to_lower(forward.request_id) || name == to_lower(forward.client_certificate))
                errors.add(draft.route_places[i], "add_headers: " + in_quotes(each.name) +
                                                      " is written by the proxy; see [forward]");
        }
    }
}

void check_references(const config_draft& draft, diagnostics& errors)
{
    check_added_headers(draft, errors);
    std::vector<std::string_view> names;
    for (const auto& [name, place] : draft.pool_places) {
        names.push_back(name);
    }
    for (std::size_t i = 0; i < draft.value.routes.size(); ++i) {
        const auto& asked = draft.value.routes[i].edge.auth_request;
        if (asked && !asked->pool.empty() && !draft.pool_places.contains(asked->pool)) {
            errors.add(draft.route_auth_places[i],
                       "there is no pool " + in_quotes(asked->pool) + did_you_mean(asked->pool, names));
        }
        const auto& pool = draft.value.routes[i].pool;
        if (!pool.empty() && !draft.pool_places.contains(pool)) {
            errors.add(draft.route_pool_places[i],
                       "there is no pool " + in_quotes(pool) + did_you_mean(pool, names));
        }
    }
}

} // namespace fairlead::conf
