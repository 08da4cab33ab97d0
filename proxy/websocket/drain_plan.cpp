#include "proxy/websocket/drain_plan.hpp"

#include "proxy/websocket/departure_queue.hpp"

#include <utility>

namespace fairlead::websocket {
namespace {

std::size_t count_tunnels(const std::vector<origin_ref>& origins) noexcept
{
    std::size_t total = 0;
    for (const auto& each : origins)
        total += each->tunnels.size();
    return total;
}

} // namespace

drain_plan::drain_plan(drain_order order, net::milliseconds_count now)
    : order_(std::move(order))
    , pace_(count_tunnels(order_.origins), now, order_.window)
{
    for (std::size_t i = 0; i < order_.origins.size(); ++i)
        positions_.emplace(order_.origins[i].get(), i);
}

std::size_t drain_plan::left() const noexcept { return count_tunnels(order_.origins); }

void drain_plan::advance(relay& tunnels, net::milliseconds_count now, std::uint32_t lot)
{
    std::size_t due = pace_.is_over(now) ? left() : pace_.take(now, lot);
    if (due == 0) return;
    departure_queue queue(order_.origins, order_.newest_first);
    for (; due > 0; --due) {
        tunnel* const leaving = queue.first();
        if (leaving == nullptr) return;
        tunnels.close(*leaving, order_.how); // which takes it off its origin's list
    }
}

void drain_plan::include(const origin_ref& origin)
{
    if (positions_.emplace(origin.get(), order_.origins.size()).second) order_.origins.push_back(origin);
}

// The last takes its place: their order says nothing.
void drain_plan::spare(const tunnel_origin& origin)
{
    const auto found = positions_.find(&origin);
    if (found == positions_.end()) return;
    const std::size_t at = found->second;
    positions_.erase(found);
    if (at + 1 < order_.origins.size()) {
        order_.origins[at] = std::move(order_.origins.back());
        positions_[order_.origins[at].get()] = at;
    }
    order_.origins.pop_back();
}

} // namespace fairlead::websocket
