#include "proxy/websocket/drain_plan.hpp"

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
{}

std::size_t drain_plan::left() const noexcept { return count_tunnels(order_.origins); }

void drain_plan::advance(relay& tunnels, net::milliseconds_count now, std::uint32_t lot)
{
    std::size_t due = pace_.is_over(now) ? left() : pace_.take(now, lot);
    for (; due > 0; --due) {
        tunnel* const leaving = next();
        if (leaving == nullptr) return;
        tunnels.close(*leaving, order_.how); // which takes it off its origin's list
    }
}

void drain_plan::spare(const tunnel_origin& origin)
{
    std::erase_if(order_.origins, [&](const origin_ref& each) { return each.get() == &origin; });
}

tunnel* drain_plan::next() const noexcept
{
    tunnel* best = nullptr;
    for (const auto& each : order_.origins) {
        if (each->tunnels.empty()) continue;
        tunnel& first = order_.newest_first ? each->tunnels.back() : each->tunnels.front();
        const bool is_earlier = best == nullptr || first.opened_at < best->opened_at;
        if (best == nullptr || is_earlier != order_.newest_first) best = &first;
    }
    return best;
}

} // namespace fairlead::websocket
