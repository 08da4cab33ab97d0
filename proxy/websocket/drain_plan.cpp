#include "proxy/websocket/drain_plan.hpp"

#include <algorithm>
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

tunnel* first_of(const std::vector<origin_ref>& origins, bool newest_first) noexcept
{
    tunnel* best = nullptr;
    for (const auto& each : origins) {
        if (each->tunnels.empty()) continue;
        tunnel& first = newest_first ? each->tunnels.back() : each->tunnels.front();
        const bool is_earlier = best == nullptr || first.opened_at < best->opened_at;
        if (best == nullptr || is_earlier != newest_first) best = &first;
    }
    return best;
}

drain_plan::drain_plan(drain_order order, net::milliseconds_count now)
    : order_(std::move(order))
    , pace_(count_tunnels(order_.origins), now, order_.window)
{}

std::size_t drain_plan::left() const noexcept { return count_tunnels(order_.origins); }

void drain_plan::advance(relay& tunnels, net::milliseconds_count now, std::uint32_t lot)
{
    std::size_t due = pace_.is_over(now) ? left() : pace_.take(now, lot);
    for (; due > 0; --due) {
        tunnel* const leaving = first_of(order_.origins, order_.newest_first);
        if (leaving == nullptr) return;
        tunnels.close(*leaving, order_.how); // which takes it off its origin's list
    }
}

void drain_plan::include(const origin_ref& origin)
{
    if (std::ranges::find(order_.origins, origin) == order_.origins.end()) order_.origins.push_back(origin);
}

void drain_plan::spare(const tunnel_origin& origin)
{
    std::erase_if(order_.origins, [&](const origin_ref& each) { return each.get() == &origin; });
}

} // namespace fairlead::websocket
