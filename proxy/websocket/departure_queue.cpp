#include "proxy/websocket/departure_queue.hpp"

#include <algorithm>

namespace fairlead::websocket {

departure_queue::departure_queue(const std::vector<origin_ref>& origins, bool newest_first)
    : newest_first_(newest_first)
{
    for (const origin_ref& each : origins) {
        if (!each->tunnels.empty()) heap_.push_back({each.get(), first_of(*each).opened_at});
    }
    std::ranges::make_heap(heap_, [this](const auto& a, const auto& b) { return leaves_later(a, b); });
}

tunnel& departure_queue::first_of(tunnel_origin& origin) const noexcept
{
    return newest_first_ ? origin.tunnels.back() : origin.tunnels.front();
}

bool departure_queue::leaves_later(const candidate& a, const candidate& b) const noexcept
{
    return newest_first_ ? a.opened_at < b.opened_at : a.opened_at > b.opened_at;
}

void departure_queue::push(candidate fresh)
{
    heap_.push_back(fresh);
    std::ranges::push_heap(heap_, [this](const auto& a, const auto& b) { return leaves_later(a, b); });
}

departure_queue::candidate departure_queue::pop()
{
    std::ranges::pop_heap(heap_, [this](const auto& a, const auto& b) { return leaves_later(a, b); });
    const candidate top = heap_.back();
    heap_.pop_back();
    return top;
}

// What is noted of an origin is never later than what leaves next from it, so it comes up in time to be noted
// anew.
tunnel* departure_queue::first()
{
    while (!heap_.empty()) {
        const candidate top = pop();
        if (top.origin->tunnels.empty()) continue;
        tunnel& leaving = first_of(*top.origin);
        push({top.origin, leaving.opened_at});
        if (leaving.opened_at == top.opened_at) return &leaving;
    }
    return nullptr;
}

} // namespace fairlead::websocket
