#include "proxy/plan/remedies.hpp"

#include "proxy/plan/memory_figures.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/tuple_remedies.hpp"

#include <algorithm>

namespace fairlead::plan {
namespace {

std::string names_of(const limit& of)
{
    std::string out;
    for (const auto& name : of.pools)
        out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::string hold_text(const limit& of)
{
    return grouped(of.connections) + " connections, " + grouped(of.demand) + " are asked for";
}

std::vector<std::string> ways_for_descriptors(const plan_input& input, const capacity_plan& plan)
{
    const auto& settings = plan.settings;
    const auto found = std::ranges::find(settings, "RLIMIT_NOFILE", &setting::name);
    std::string way = found == settings.end() ? "" : found->change;
    if (input.machine.nr_open && *input.machine.nr_open < plan.descriptors_needed)
        way = "sysctl -w fs.nr_open=" + std::to_string(plan.descriptors_needed) + ", then " + way;
    return {way};
}

std::vector<std::string> ways_for_sysctl(const capacity_plan& plan, std::string_view name)
{
    const auto found = std::ranges::find(plan.settings, name, &setting::name);
    return found == plan.settings.end() ? std::vector<std::string>{} : std::vector{found->change};
}

remedy for_shared(const limit& exceeded, const plan_input& input)
{
    remedy out;
    out.problem =
        "pools " + names_of(exceeded) + " share source tuples and hold together " + hold_text(exceeded);
    const auto& last = exceeded.pools.back();
    out.ways.push_back("give pool " + last + " source addresses of its own: source = [...]");
    out.ways.push_back("give pool " + last + " ports of its own: ports = \"...\", and the others the rest");
    if (input.wanted.all) out.ways.push_back("say which share goes where: --connections POOL=N for each");
    return out;
}

} // namespace

remedy remedy_for(const limit& exceeded, const plan_input& input, const capacity_plan& plan)
{
    switch (exceeded.what) {
    case limit::kind::pool_tuples:
        return {"pool " + names_of(exceeded) + " has source tuples for " + hold_text(exceeded),
                ways_for_tuples(exceeded.pools.front(), exceeded.demand, input, plan)};
    case limit::kind::shared_tuples: return for_shared(exceeded, input);
    case limit::kind::descriptors:
        return {"descriptors (RLIMIT_NOFILE " + grouped(input.machine.descriptors_hard) +
                    ") are enough for " + hold_text(exceeded),
                ways_for_descriptors(input, plan)};
    case limit::kind::open_files:
        return {"open files of the machine (fs.file-max) are enough for " + hold_text(exceeded),
                ways_for_sysctl(plan, "fs.file-max")};
    case limit::kind::memory:
        return {"memory (" + bytes_text(input.machine.memory_bytes) + ") is enough for " +
                    hold_text(exceeded),
                {bytes_text(plan.memory.total()) + " of memory, or several machines"}};
    case limit::kind::connection_tracking:
        return {"connection tracking (nf_conntrack_max) is enough for " + hold_text(exceeded),
                {ways_for_sysctl(plan, "net.netfilter.nf_conntrack_max").front(),
                 "no tracking of these connections: nft rules with notrack"}};
    }
    return {};
}

} // namespace fairlead::plan
