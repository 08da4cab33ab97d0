#include "proxy/status/source_fill.hpp"

#include <algorithm>
#include <limits>

namespace fairlead::status {

std::vector<destination_fill> add_up(std::span<const metrics::source_usage> rows)
{
    std::vector<destination_fill> out;
    for (const metrics::source_usage& row : rows) {
        if (out.empty() || out.back().pool != row.pool || out.back().destination != row.destination)
            out.push_back({.pool = row.pool, .destination = row.destination});
        destination_fill& sum = out.back();
        ++sum.sources;
        sum.in_use += row.in_use;
        sum.set_aside += row.set_aside;
        sum.foreign += row.foreign;
        sum.capacity += row.capacity;
    }
    return out;
}

void source_fill_watch::note(std::span<const destination_fill> now, fill_history::time_point at)
{
    std::map<std::pair<std::string, std::string>, fill_history> next;
    for (const destination_fill& each : now) {
        if (next.size() == most_followed) break;
        auto known = known_.extract({each.pool, each.destination});
        fill_history& history =
            known ? next.insert(std::move(known)).position->second : next[{each.pool, each.destination}];
        constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
        history.add(at, static_cast<std::uint32_t>(std::min(each.used(), most)));
    }
    known_ = std::move(next);
}

void source_fill_watch::foretell(std::vector<destination_fill>& into) const
{
    for (destination_fill& each : into) {
        if (const auto known = known_.find({each.pool, each.destination}); known != known_.end())
            each.full_in = known->second.time_to(each.capacity);
    }
}

} // namespace fairlead::status
