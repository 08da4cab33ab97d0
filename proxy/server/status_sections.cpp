#include "proxy/server/status_sections.hpp"

#include "proxy/log/utc_text.hpp"
#include "proxy/status/traffic_json.hpp"

#include <boost/json/object.hpp>

#include <set>
#include <string_view>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using backend_key = std::pair<std::string_view, std::string_view>;

std::string_view text(const json::value& from)
{
    const json::string& of = from.as_string();
    return {of.data(), of.size()};
}

json::string text(std::string_view from) { return json::string(json::string_view(from.data(), from.size())); }

void put(json::object& into, const status::traffic& from)
{
    status::put(into, from.tunnels);
    status::put(into, from.requests);
}

void put(json::object& into, const status::backend_traffic& from)
{
    status::put(into, from.tunnels);
    status::put(into, from.dials);
}

// Those that are not there yet have no cells: all is 0.
template <class Key, class Traffic>
void put_traffic(json::object& into, const std::map<Key, Traffic>& all, const Key& of)
{
    const auto found = all.find(of);
    put(into, found == all.end() ? Traffic{} : found->second);
}

json::object describe_route(const http::service& of, std::size_t i)
{
    json::object out;
    out["route"] = of.config.routes[i].name;
    if (const auto pool = of.pool_of_route[i]) out["pool"] = of.pools[*pool]->name();
    out["configured"] = true;
    out["draining"] = of.loads[i]->is_draining();
    out["live"] = of.loads[i]->live();
    out["max_connections"] = of.config.routes[i].max_connections;
    return out;
}

json::object count_changes(const json::object& of)
{
    json::object out;
    for (const auto& kind : of) {
        const auto* listed = kind.value().if_array();
        if (listed == nullptr || listed->empty()) continue;
        const auto* more = of.if_contains(std::string(kind.key()) + "_not_listed");
        out[kind.key()] = listed->size() + (more == nullptr ? 0 : more->to_number<std::uint64_t>());
    }
    return out;
}

} // namespace

std::vector<metrics::route_load> route_loads(const http::service& of)
{
    std::vector<metrics::route_load> out;
    for (std::size_t i = 0; i < of.loads.size(); ++i) {
        const conf::route_options& route = of.config.routes[i];
        out.push_back({route.name, of.loads[i]->live(), route.max_connections});
    }
    return out;
}

json::array describe_workers(std::span<const metrics::worker_shard* const> shards)
{
    json::array out;
    for (const metrics::worker_shard* shard : shards) {
        const metrics::worker_cells& own = shard->own();
        out.push_back({{"accepted", own.connections_accepted.value()},
                       {"connections", own.connections_open.value()},
                       {"sessions", own.sessions_open.value()},
                       {"tunnels", own.tunnels_open.value()},
                       {"accept_pauses", own.accept_pauses.value()},
                       {"log_lines_dropped", own.log_lines_dropped.value()}});
    }
    return out;
}

json::object describe_memory(const metrics::memory_state& of,
                             std::span<const metrics::worker_shard* const> shards)
{
    json::object by_kind;
    for (const auto kind : metrics::by<metrics::memory_kind, int>::keys())
        by_kind[label(kind)] = of.bytes[kind];
    json::object sheds;
    for (const auto what : metrics::by<metrics::shed, int>::keys()) {
        std::uint64_t count = 0;
        for (const metrics::worker_shard* shard : shards)
            count += shard->own().sheds[metrics::shortage::memory][what].value();
        sheds[label(what)] = count;
    }
    return {{"bytes", of.total()},
            {"limit", of.limit},
            {"by_kind", std::move(by_kind)},
            {"sheds", std::move(sheds)}};
}

json::array describe_routes(const http::service& of, const status::traffic_census& traffic)
{
    json::array out;
    std::set<std::string_view> known;
    for (std::size_t i = 0; i < of.config.routes.size(); ++i) {
        const std::string_view name = of.config.routes[i].name;
        known.insert(name);
        json::object one = describe_route(of, i);
        put_traffic(one, traffic.routes, name);
        out.push_back(std::move(one));
    }
    for (const auto& [name, passed] : traffic.routes) {
        if (known.contains(name) || passed.tunnels.active() == 0) continue;
        json::object one{{"route", text(name)}, {"configured", false}};
        put(one, passed);
        out.push_back(std::move(one));
    }
    return out;
}

json::array describe_pools(json::array pools, const status::traffic_census& traffic)
{
    for (json::value& each : pools) {
        const std::string_view name = text(each.at("pool"));
        put_traffic(each.as_object(), traffic.pools, name);
    }
    return pools;
}

json::array describe_backends(json::array backends, const status::traffic_census& traffic)
{
    std::set<std::pair<std::string, std::string>> known;
    for (json::value& each : backends) {
        const auto& [pool, backend] = *known.emplace(text(each.at("pool")), text(each.at("backend"))).first;
        each.as_object()["configured"] = true;
        put_traffic(each.as_object(), traffic.backends, backend_key{pool, backend});
    }
    for (const auto& [name, passed] : traffic.backends) {
        if (passed.tunnels.active() == 0) continue;
        if (known.contains({std::string(name.first), std::string(name.second)})) continue;
        json::object one{{"pool", text(name.first)}, {"backend", text(name.second)}, {"configured", false}};
        put(one, passed);
        backends.push_back(std::move(one));
    }
    return backends;
}

json::array describe_sources(std::span<const status::destination_fill> fills)
{
    json::array out;
    for (const status::destination_fill& each : fills) {
        json::object one{{"pool", each.pool},           {"destination", each.destination},
                         {"sources", each.sources},     {"in_use", each.in_use},
                         {"set_aside", each.set_aside}, {"foreign", each.foreign},
                         {"capacity", each.capacity},   {"used_ratio", each.ratio()}};
        if (each.full_in) one["full_in_seconds"] = each.full_in->count();
        out.push_back(std::move(one));
    }
    return out;
}

json::array describe_certificates(std::span<const metrics::certificate_state> certificates,
                                  std::chrono::system_clock::time_point now)
{
    json::array out;
    for (const metrics::certificate_state& each : certificates) {
        out.push_back(
            {{"used_by", each.used_by},
             {"certificate", each.certificate},
             {"not_after", log::utc_text(each.not_after)},
             {"expires_in_seconds", std::chrono::floor<std::chrono::seconds>(each.not_after - now).count()},
             {"refused", each.is_refused},
             {"staple_left_out", each.is_staple_left_out}});
    }
    return out;
}

json::array shorten_reloads(const json::array& history)
{
    json::array out;
    for (const json::value& each : history) {
        json::object one;
        for (const auto& member : each.as_object()) {
            if (!member.value().is_structured()) one[member.key()] = member.value();
        }
        const json::object& whole = each.as_object();
        if (const auto* changes = whole.if_contains("changes"))
            one["changes"] = count_changes(changes->as_object());
        if (const auto* errors = whole.if_contains("errors");
            errors != nullptr && !errors->as_array().empty())
            one["first_error"] = errors->at(0).at("text");
        out.push_back(std::move(one));
    }
    return out;
}

} // namespace fairlead::server
