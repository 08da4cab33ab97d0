#include "proxy/server/reload_report.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using conf::change_kind;

// The files may hold any bytes that TOML takes; a JSON text is UTF-8, which TOML is, too.
json::object describe(const conf::key_change& change)
{
    json::object out;
    out["key"] = change.key;
    if (!change.before.empty() || !change.after.empty()) {
        out["before"] = change.before;
        out["after"] = change.after;
    }
    if (change.needs_restart) out["needs_restart"] = true;
    return out;
}

json::array describe(const std::vector<conf::key_change>& keys)
{
    json::array out;
    for (const conf::key_change& each : keys)
        out.push_back(describe(each));
    return out;
}

// Whether open tunnels of the route go on under other rules.
bool adjusts_tunnels(const conf::item_change& route)
{
    return std::ranges::any_of(route.keys, [](const conf::key_change& each) {
        const std::string_view key = each.key;
        return key.starts_with("websocket.") && !key.ends_with(".origins") &&
               !key.ends_with(".subprotocols") && !key.ends_with(".permessage_deflate");
    });
}

// What the workers keep tunnels of when a configuration is in force.
class configured
{
public:
    explicit configured(const conf::config& config)
    {
        for (const auto& route : config.routes)
            pool_of_route_[route.name] = route.pool;
        for (const auto& pool : config.pools) {
            for (const auto& each : pool.backends)
                backends_[pool.name].insert(each.address.text);
        }
    }

    bool keeps(const counted_tunnels& tunnels) const
    {
        const auto route = pool_of_route_.find(tunnels.route);
        if (route == pool_of_route_.end() || route->second != tunnels.pool) return false;
        const auto pool = backends_.find(tunnels.pool);
        return pool != backends_.end() && pool->second.contains(tunnels.backend);
    }

private:
    std::unordered_map<std::string_view, std::string_view> pool_of_route_;
    std::unordered_map<std::string_view, std::unordered_set<std::string_view>> backends_;
};

// Tells each change with the tunnels of what it changes.
class description
{
public:
    description(const conf::config_diff& diff, const reload_view& of)
        : diff_(diff)
        , of_(of)
        , after_(of.after)
    {
        for (const conf::item_change& each : diff.routes) {
            if (adjusts_tunnels(each)) adjusted_routes_.insert(each.name);
        }
    }

    json::object changes() const
    {
        json::object out;
        put(out, "listeners", diff_.listeners, [](const auto&, const auto&) { return false; });
        put(out, "pools", diff_.pools,
            [](const auto& pool, const auto& tunnels) { return tunnels.pool == pool.name; });
        put(out, "backends", diff_.backends, [](const auto& backend, const auto& tunnels) {
            return tunnels.pool == backend.pool && tunnels.backend == backend.name;
        });
        put(out, "routes", diff_.routes,
            [](const auto& route, const auto& tunnels) { return tunnels.route == route.name; });
        if (!diff_.settings.empty()) out["settings"] = describe(diff_.settings);
        return out;
    }

    std::uint64_t leaving() const
    {
        return of_.tunnels.count([&](const auto& each) { return !after_.keeps(each); });
    }

    std::uint64_t adjusted() const
    {
        const bool are_all = std::ranges::any_of(
            diff_.settings, [](const auto& each) { return each.key == "drain.close_timeout"; });
        return of_.tunnels.count([&](const auto& each) {
            return after_.keeps(each) && (are_all || adjusted_routes_.contains(each.route));
        });
    }

private:
    template <class Touches>
    void put(json::object& out, std::string_view kind, const std::vector<conf::item_change>& items,
             Touches touches) const
    {
        if (items.empty()) return;
        json::array listed;
        for (const conf::item_change& each : items) {
            if (listed.size() == max_listed) break;
            json::object item;
            item["change"] = conf::word_of(each.what);
            item["name"] = each.name;
            if (!each.pool.empty()) item["pool"] = each.pool;
            if (!each.keys.empty()) item["keys"] = describe(each.keys);
            const auto leaving =
                of_.tunnels.count([&](const auto& one) { return touches(each, one) && !after_.keeps(one); });
            if (leaving > 0) item["tunnels_leaving"] = leaving;
            const auto adjusted = of_.tunnels.count([&](const auto& one) {
                return touches(each, one) && adjusts_tunnels(each) && after_.keeps(one);
            });
            if (adjusted > 0) item["tunnels_adjusted"] = adjusted;
            listed.push_back(std::move(item));
        }
        out[kind] = std::move(listed);
        if (items.size() > max_listed) out[std::string(kind) + "_not_listed"] = items.size() - max_listed;
    }

    const conf::config_diff& diff_;
    const reload_view& of_;
    const configured after_;
    std::unordered_set<std::string_view> adjusted_routes_;
};

} // namespace

json::object describe_reload(const conf::config_diff& diff, const reload_view& of)
{
    const description told(diff, of);
    json::object out;
    out["changes"] = told.changes();
    out["tunnels_leaving"] = told.leaving();
    out["tunnels_adjusted"] = told.adjusted();
    json::array waiting; // also what an earlier reload could not change
    for (const conf::key_change& each : conf::compare(of.at_start, of.after).settings) {
        if (each.needs_restart) waiting.push_back(describe(each));
    }
    out["needs_restart"] = std::move(waiting);
    return out;
}

json::array describe_errors(const std::vector<conf::config_error>& errors)
{
    json::array out;
    for (const conf::config_error& each : errors) {
        if (out.size() == max_listed) break;
        json::object error;
        error["file"] = each.where.file;
        error["line"] = each.where.line;
        error["column"] = each.where.column;
        if (!each.key.empty()) error["key"] = each.key;
        error["message"] = each.message;
        error["text"] = conf::format_error(each);
        out.push_back(std::move(error));
    }
    return out;
}

} // namespace fairlead::server
