#include "proxy/plan/plan_text.hpp"

#include "proxy/plan/memory_figures.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/text_table.hpp"

#include <algorithm>

namespace fairlead::plan {
namespace {

constexpr std::size_t columns = 100;

std::string origin_text(tuple_origin origin)
{
    switch (origin) {
    case tuple_origin::source_addresses: return "its sources";
    case tuple_origin::kernel_ports: return "its sources, kernel's ports";
    case tuple_origin::kernel_choice: return "the kernel's choice";
    case tuple_origin::client_addresses: return "the client's address";
    case tuple_origin::none_needed: return "Unix sockets";
    }
    return {};
}

std::string mark(bool is_enough) { return is_enough ? "" : "<-"; }

std::string count_or_none(const std::optional<std::uint64_t>& count)
{
    return count ? grouped(*count) : "no limit";
}

void append_tuples(std::string& out, const capacity_plan& plan)
{
    out += "Source tuples: sources x destinations x ports\n";
    text_table table({{"pool"},
                      {"dials from"},
                      {"family"},
                      {"sources", true},
                      {"destinations", true},
                      {"ports", true},
                      {"connections", true},
                      {"asked", true},
                      {""}});
    for (const auto& pool : plan.pools) {
        const auto most = pool.tuples.connections();
        const std::string asked = pool.demand == 0 ? "-" : grouped(pool.demand);
        if (!most || pool.tuples.families.empty())
            table.add(
                {pool.name, origin_text(pool.tuples.origin), "", "", "", "", count_or_none(most), asked, ""});
        bool is_first = true;
        for (const auto& family : pool.tuples.families) {
            const bool is_enough = pool.demand <= *most;
            table.add({is_first ? pool.name : "", is_first ? origin_text(pool.tuples.origin) : "",
                       family.is_v6 ? "IPv6" : "IPv4", grouped(family.sources), grouped(family.destinations),
                       grouped(family.ports), grouped(family.connections()), is_first ? asked : "",
                       is_first ? mark(is_enough) : ""});
            is_first = false;
        }
    }
    out += table.text();
    for (const auto& group : plan.shared) {
        std::string names;
        for (const auto position : group.pools)
            names += (names.empty() ? "" : ", ") + plan.pools[position].name;
        out += wrapped("shared by " + names + ": " + grouped(group.connections) + " connections together", 2,
                       4, columns);
    }
}

void append_routes(std::string& out, const capacity_plan& plan)
{
    out += "\nRoutes\n";
    text_table table({{"route"}, {"pool"}, {"max_connections", true}, {"can hold", true}, {""}});
    for (const auto& route : plan.routes) {
        const bool is_enough = route.max_connections == 0 ||
                               route.can_hold.value_or(route.max_connections) >= route.max_connections;
        table.add({route.name, route.pool, route.max_connections == 0 ? "-" : grouped(route.max_connections),
                   count_or_none(route.can_hold), mark(is_enough)});
    }
    out += table.text();
}

void append_machine(std::string& out, const capacity_plan& plan)
{
    out += "\nThis machine, for " + grouped(plan.connections) + " connections" +
           (plan.is_asked ? "\n" : ", which is all there can be\n");
    text_table table({{"setting"}, {"now", true}, {"needed", true}, {""}});
    for (const auto& each : plan.settings)
        table.add({each.name, each.now, each.needed, mark(each.is_enough)});
    out += table.text();
    const auto& memory = plan.memory;
    out += wrapped("memory is " + bytes_text(memory.user_bytes) + " of the process (" +
                       grouped(user_bytes_per_tunnel) + " B a tunnel), " + bytes_text(memory.kernel_bytes) +
                       " of the kernel (" + bytes_text(kernel_bytes_per_tunnel) +
                       " a tunnel, both sockets, idle) and " + bytes_text(memory.time_wait_bytes) +
                       " of TIME_WAIT if all end at once",
                   2, 2, columns);
    std::string soft;
    for (const auto& each : plan.settings) {
        if (!each.is_enough && !each.is_hard) soft += wrapped(each.name + ": " + each.change, 2, 4, columns);
    }
    if (!soft.empty()) out += "\nWorth changing\n" + soft;
}

void append_limits(std::string& out, const capacity_plan& plan)
{
    out += "\nWhat ends first\n";
    text_table table({{"limit"}, {"connections", true}, {"asked", true}, {""}});
    for (const auto& each : plan.limits)
        table.add({limit_name(each), grouped(each.connections), each.demand == 0 ? "-" : grouped(each.demand),
                   mark(each.fits())});
    out += table.text();
}

void append_verdict(std::string& out, const capacity_plan& plan)
{
    if (plan.fits() && plan.is_asked) out += "\n" + grouped(plan.connections) + " connections fit.\n";
    if (!plan.fits()) {
        out += plan.is_asked ? "\n" + grouped(plan.connections) + " connections do not fit:\n"
                             : "\nTo change:\n";
        for (const auto& problem : plan.problems) {
            out += wrapped("- " + problem.problem, 0, 2, columns);
            if (problem.ways.size() > 1) out += "  any one of:\n";
            for (const auto& way : problem.ways)
                out += wrapped("* " + way, 4, 6, columns);
        }
        const auto is_of_tuples = [](const limit& each) {
            return !each.fits() &&
                   (each.what == limit::kind::pool_tuples || each.what == limit::kind::shared_tuples);
        };
        if (std::ranges::any_of(plan.limits, is_of_tuples))
            out +=
                wrapped("Further ways past the ports, transparent mode and n-Path among them: \"Ports\" in "
                        "docs/operations.md.",
                        0, 0, columns);
    }
    for (const auto& note : plan.notes)
        out += wrapped("Note: " + note, 0, 6, columns);
    if (!plan.transparent_rules.empty())
        out += "\nWhat transparent pools need on this machine, as root:\n\n" + plan.transparent_rules;
}

} // namespace

std::string limit_name(const limit& of)
{
    std::string pools;
    for (const auto& name : of.pools)
        pools += (pools.empty() ? "" : ", ") + name;
    switch (of.what) {
    case limit::kind::pool_tuples: return "source tuples of pool " + pools;
    case limit::kind::shared_tuples: return "source tuples shared by " + pools;
    case limit::kind::descriptors: return "descriptors (RLIMIT_NOFILE)";
    case limit::kind::open_files: return "open files of the machine (fs.file-max)";
    case limit::kind::memory: return "memory";
    case limit::kind::connection_tracking: return "connection tracking (nf_conntrack_max)";
    }
    return {};
}

std::string to_text(const capacity_plan& plan)
{
    std::string out;
    append_tuples(out, plan);
    append_routes(out, plan);
    append_machine(out, plan);
    append_limits(out, plan);
    append_verdict(out, plan);
    return out;
}

} // namespace fairlead::plan
