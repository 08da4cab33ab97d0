#include "proxy/plan/plan_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string_view>

namespace fairlead::plan {
namespace {

namespace json = boost::json;

std::string_view word(tuple_origin origin)
{
    switch (origin) {
    case tuple_origin::source_addresses: return "ledger";
    case tuple_origin::kernel_ports: return "kernel_ports";
    case tuple_origin::kernel_choice: return "kernel";
    case tuple_origin::client_addresses: return "client";
    case tuple_origin::none_needed: return "none";
    }
    return {};
}

std::string_view word(limit::kind kind)
{
    switch (kind) {
    case limit::kind::pool_tuples: return "pool_tuples";
    case limit::kind::shared_tuples: return "shared_tuples";
    case limit::kind::descriptors: return "descriptors";
    case limit::kind::open_files: return "open_files";
    case limit::kind::memory: return "memory";
    case limit::kind::connection_tracking: return "connection_tracking";
    }
    return {};
}

json::value optional_number(const std::optional<std::uint64_t>& number)
{
    return number ? json::value(*number) : json::value(nullptr);
}

json::array texts(const std::vector<std::string>& from)
{
    json::array out;
    for (const auto& each : from)
        out.emplace_back(each);
    return out;
}

json::object pool_object(const pool_plan& pool)
{
    json::array families;
    for (const auto& family : pool.tuples.families) {
        families.push_back(json::object{{"family", family.is_v6 ? "ipv6" : "ipv4"},
                                        {"sources", family.sources},
                                        {"destinations", family.destinations},
                                        {"ports", family.ports},
                                        {"connections", family.connections()}});
    }
    return {{"name", pool.name},
            {"tuples_of", word(pool.tuples.origin)},
            {"connections", optional_number(pool.tuples.connections())},
            {"asked", pool.demand},
            {"families", std::move(families)},
            {"unresolved", texts(pool.tuples.unresolved)}};
}

json::array shared_array(const capacity_plan& plan)
{
    json::array out;
    for (const auto& group : plan.shared) {
        json::array pools;
        for (const auto position : group.pools)
            pools.emplace_back(plan.pools[position].name);
        out.push_back(json::object{{"pools", std::move(pools)}, {"connections", group.connections}});
    }
    return out;
}

} // namespace

std::string to_json(const capacity_plan& plan)
{
    json::object out{{"connections", plan.connections},
                     {"asked", plan.is_asked},
                     {"fits", plan.fits()},
                     {"descriptors_needed", plan.descriptors_needed},
                     {"memory_bytes", json::object{{"user", plan.memory.user_bytes},
                                                   {"kernel", plan.memory.kernel_bytes},
                                                   {"time_wait", plan.memory.time_wait_bytes}}}};
    json::array pools, routes, limits, settings, problems;
    for (const auto& pool : plan.pools)
        pools.push_back(pool_object(pool));
    for (const auto& route : plan.routes)
        routes.push_back(json::object{{"name", route.name},
                                      {"pool", route.pool},
                                      {"max_connections", route.max_connections},
                                      {"can_hold", optional_number(route.can_hold)}});
    for (const auto& each : plan.limits)
        limits.push_back(json::object{{"limit", word(each.what)},
                                      {"pools", texts(each.pools)},
                                      {"connections", each.connections},
                                      {"asked", each.demand},
                                      {"fits", each.fits()}});
    for (const auto& each : plan.settings)
        settings.push_back(json::object{{"name", each.name},
                                        {"now", each.now},
                                        {"needed", each.needed},
                                        {"enough", each.is_enough},
                                        {"change", each.is_enough ? "" : each.change}});
    for (const auto& each : plan.problems)
        problems.push_back(json::object{{"problem", each.problem}, {"any_of", texts(each.ways)}});
    out["pools"] = std::move(pools);
    out["shared"] = shared_array(plan);
    out["routes"] = std::move(routes);
    out["limits"] = std::move(limits);
    out["settings"] = std::move(settings);
    out["problems"] = std::move(problems);
    out["notes"] = texts(plan.notes);
    out["transparent_rules"] = plan.transparent_rules;
    return json::serialize(out) + "\n";
}

} // namespace fairlead::plan
