#include "proxy/plan/route_check.hpp"

#include "proxy/plan/capacity_plan.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/plan_text.hpp"
#include "proxy/plan/tuple_remedies.hpp"

#include <algorithm>

namespace fairlead::plan {
namespace {

std::string ways_text(const std::vector<std::string>& ways)
{
    std::string out;
    for (const auto& way : ways)
        out += (out.empty() ? "; " : "; or ") + way;
    return out;
}

} // namespace

route_verdict check_routes(const conf::config& config, const conf::host_facts& host)
{
    const net::machine_facts machine;
    const resolved_names no_names;
    const wanted_connections nothing;
    const plan_input input{config, host, machine, no_names, nothing};
    const auto plan = make_plan(input);
    route_verdict out;
    for (const auto& route : plan.routes) {
        if (route.can_hold.value_or(route.max_connections) >= route.max_connections) continue;
        const auto pool = std::ranges::find(plan.pools, route.pool, &pool_plan::name);
        const auto text = grouped(route.max_connections) + " cannot be held: pool " + route.pool +
                          " has source tuples for " + grouped(*route.can_hold);
        if (!pool->tuples.unresolved.empty()) {
            out.warnings.push_back("route " + route.name + ": max_connections: " + text +
                                   " if each name is one address; fairlead plan looks the names up");
            continue;
        }
        const auto ways = ways_for_tuples(route.pool, route.max_connections, input, plan);
        out.errors.push_back({route.where, "route.max_connections", text + ways_text(ways), ""});
    }
    if (!out.errors.empty()) return out;
    for (const auto& each : plan.limits) {
        if (!each.fits())
            out.warnings.push_back("the routes' max_connections are " + grouped(each.demand) + " together, " +
                                   limit_name(each) + " are " + grouped(each.connections));
    }
    return out;
}

} // namespace fairlead::plan
