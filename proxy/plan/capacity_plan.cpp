#include "proxy/plan/capacity_plan.hpp"

#include "proxy/plan/machine_settings.hpp"
#include "proxy/plan/memory_figures.hpp"
#include "proxy/plan/missing_sources.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/remedies.hpp"
#include "proxy/snat/transparent_rules.hpp"

#include <algorithm>
#include <limits>

namespace fairlead::plan {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

// What is asked of a pool; see the header.
std::uint64_t demand_of(const conf::pool_options& pool, const plan_input& input)
{
    const auto& wanted = input.wanted;
    if (const auto own = wanted.by_pool.find(pool.name); own != wanted.by_pool.end()) return own->second;
    std::uint64_t declared = 0;
    bool is_bounded = true;
    bool has_route = false;
    for (const auto& route : input.config.routes) {
        if (route.pool != pool.name) continue;
        has_route = true;
        declared += route.max_connections;
        is_bounded &= route.max_connections != 0;
    }
    if (!has_route || (!wanted.all && !wanted.by_pool.empty())) return 0;
    if (!wanted.all) return declared;
    std::uint64_t elsewhere = 0;
    for (const auto& [name, count] : wanted.by_pool)
        elsewhere += count;
    const auto rest = *wanted.all - std::min(*wanted.all, elsewhere);
    return is_bounded ? std::min(declared, rest) : rest;
}

std::uint64_t total_of_tuples(const capacity_plan& plan)
{
    std::uint64_t total = 0;
    for (const auto& pool : plan.pools)
        total += pool.tuples.connections().value_or(0);
    for (const auto& group : plan.shared) {
        for (const auto position : group.pools)
            total -= plan.pools[position].tuples.connections().value_or(0);
        total += group.connections;
    }
    return total;
}

// Unasked, what all tuples would need is told, unless the routes say how many connections there can be.
std::uint64_t total_wanted(const capacity_plan& plan, const plan_input& input)
{
    if (input.wanted.all) return *input.wanted.all;
    const auto is_bounded = [](const auto& route) { return route.max_connections != 0; };
    if (!plan.is_asked && !std::ranges::all_of(input.config.routes, is_bounded)) return total_of_tuples(plan);
    std::uint64_t sum = 0;
    for (const auto& pool : plan.pools)
        sum += pool.demand;
    return sum;
}

std::vector<route_plan> plan_routes(const plan_input& input, const capacity_plan& plan)
{
    std::vector<route_plan> out;
    for (const auto& route : input.config.routes) {
        route_plan one{route.name, route.pool, route.max_connections, std::nullopt, route.where};
        const auto pool = std::ranges::find(plan.pools, route.pool, &pool_plan::name);
        if (pool != plan.pools.end()) one.can_hold = pool->tuples.connections();
        if (route.max_connections != 0)
            one.can_hold = std::min<std::uint64_t>(one.can_hold.value_or(no_limit), route.max_connections);
        out.push_back(std::move(one));
    }
    return out;
}

void add_tuple_limits(capacity_plan& plan)
{
    for (const auto& pool : plan.pools) {
        if (const auto most = pool.tuples.connections())
            plan.limits.push_back({limit::kind::pool_tuples, {pool.name}, *most, pool.demand});
    }
    for (const auto& group : plan.shared) {
        limit one{limit::kind::shared_tuples, {}, group.connections, 0};
        for (const auto position : group.pools) {
            one.pools.push_back(plan.pools[position].name);
            one.demand += plan.pools[position].demand;
        }
        // A number for all goes to one pool or another, not to each of them again.
        if (plan.is_asked) one.demand = std::min(one.demand, plan.connections);
        plan.limits.push_back(std::move(one));
    }
}

std::uint32_t workers_of(const plan_input& input)
{
    return input.config.workers != 0 ? input.config.workers : input.machine.cpus;
}

std::uint64_t fixed_descriptors(const plan_input& input)
{
    return process_descriptors + workers_of(input) * (worker_descriptors + input.config.listeners.size());
}

// Port maps: a destination opens 64 sources at first and more when a quarter of the best one's ports is used.
std::uint64_t ledger_bytes(const capacity_plan& plan)
{
    std::uint64_t bytes = 0;
    for (const auto& pool : plan.pools) {
        if (pool.tuples.origin != tuple_origin::source_addresses) continue;
        for (const auto& family : pool.tuples.families) {
            const auto of_each = pool.demand / family.destinations;
            const auto opened =
                std::max<std::uint64_t>(64, of_each * 4 / std::max<std::uint64_t>(1, family.ports));
            bytes += std::min(family.sources, opened) * family.destinations * port_map_bytes;
        }
    }
    return bytes;
}

std::uint64_t fixed_bytes(const plan_input& input, const capacity_plan& plan)
{
    return process_bytes + workers_of(input) * worker_bytes + ledger_bytes(plan);
}

void add_machine_limits(const plan_input& input, capacity_plan& plan)
{
    const auto& machine = input.machine;
    const auto add = [&](limit::kind what, std::uint64_t available, std::uint64_t fixed, std::uint64_t each) {
        const auto most = available > fixed ? (available - fixed) / each : 0;
        plan.limits.push_back({what, {}, most, plan.is_asked ? plan.connections : 0});
    };
    const auto fixed = fixed_descriptors(input);
    // Fairlead raises its soft limit to the hard one itself.
    add(limit::kind::descriptors, machine.descriptors_hard, fixed, descriptors_per_tunnel);
    if (machine.file_max)
        add(limit::kind::open_files, *machine.file_max, machine.files_open.value_or(0) + fixed,
            descriptors_per_tunnel);
    if (machine.memory_bytes != 0)
        add(limit::kind::memory, machine.memory_bytes, fixed_bytes(input, plan),
            user_bytes_per_tunnel + kernel_bytes_per_tunnel + time_wait_bytes);
    // Without an entry nothing is tracked in this network namespace.
    if (machine.conntrack_max && machine.conntrack_count.value_or(0) != 0)
        add(limit::kind::connection_tracking, *machine.conntrack_max, *machine.conntrack_count, 2);
}

void add_problems(const plan_input& input, capacity_plan& plan)
{
    for (const auto& each : plan.limits) {
        if (!each.fits()) plan.problems.push_back(remedy_for(each, input, plan));
    }
    for (const auto& each : plan.settings) {
        const bool is_told = each.name == "RLIMIT_NOFILE" || each.name == "fs.file-max" ||
                             each.name == "net.netfilter.nf_conntrack_max"; // as limits
        if (each.is_hard && !each.is_enough && !is_told)
            plan.problems.push_back(
                {each.name + " is " + each.now + ", needed is " + each.needed, {each.change}});
    }
    for (auto& each : missing_source_problems(input.config, input.machine))
        plan.problems.push_back(std::move(each));
}

void add_notes(const plan_input& input, capacity_plan& plan)
{
    for (const auto& pool : plan.pools) {
        for (const auto& name : pool.tuples.unresolved)
            plan.notes.push_back("pool " + pool.name + ": " + name +
                                 " does not resolve here; it counts as one address");
    }
    if (!input.wanted.all) return;
    const auto takes_all = [&](const pool_plan& pool) { return pool.demand == *input.wanted.all; };
    if (std::ranges::count_if(plan.pools, takes_all) > 1)
        plan.notes.push_back("every pool whose routes have no max_connections has to hold all " +
                             grouped(*input.wanted.all) +
                             "; say which share goes where: --connections POOL=N");
}

bool is_transparent(const pool_plan& pool) { return pool.tuples.origin == tuple_origin::client_addresses; }

} // namespace

capacity_plan make_plan(const plan_input& input)
{
    capacity_plan plan;
    plan.is_asked = input.wanted.is_asked();
    std::vector<tuple_capacity> capacities;
    for (const auto& pool : input.config.pools) {
        capacities.push_back(count_tuples(input.config, pool, input.host.ports, input.names));
        plan.pools.push_back({pool.name, capacities.back(), demand_of(pool, input)});
    }
    plan.shared = find_shared(input.config.pools, capacities);
    plan.connections = total_wanted(plan, input);
    plan.routes = plan_routes(input, plan);
    add_tuple_limits(plan);
    add_machine_limits(input, plan);
    std::ranges::stable_sort(plan.limits, {}, &limit::connections);
    plan.descriptors_needed = fixed_descriptors(input) + descriptors_per_tunnel * plan.connections;
    plan.memory.user_bytes = fixed_bytes(input, plan) + plan.connections * user_bytes_per_tunnel;
    plan.memory.kernel_bytes = plan.connections * kernel_bytes_per_tunnel;
    plan.memory.time_wait_bytes = plan.connections * time_wait_bytes;
    plan.settings = judge_settings(input, plan);
    add_problems(input, plan);
    add_notes(input, plan);
    if (std::ranges::any_of(plan.pools, is_transparent)) plan.transparent_rules = snat::transparent_rules();
    return plan;
}

} // namespace fairlead::plan
