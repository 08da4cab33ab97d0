#include "proxy/websocket/drain_schedule.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::websocket {
namespace {

constexpr std::uint16_t going_away = 1001;      // RFC 6455 7.4.1
constexpr std::uint16_t service_restart = 1012; // IANA WebSocket Close Code Number Registry

own_close close_for(drain_kind kind) noexcept
{
    switch (kind) {
    case drain_kind::process: return {going_away, going_away, end_cause::drained};
    case drain_kind::reload: return {service_restart, going_away, end_cause::removed};
    case drain_kind::route:
    case drain_kind::backend:
    case drain_kind::listener: break;
    case drain_kind::dead_backend: return {service_restart, going_away, end_cause::dead_backend};
    }
    return {service_restart, going_away, end_cause::drained};
}

drain_order order_of(drain_kind kind, std::vector<origin_ref> origins, const drain_manner& how)
{
    return {std::move(origins), close_for(kind), how.window, how.newest_first};
}

} // namespace

std::vector<origin_ref> drain_schedule::origins_of(const drain_target& what) const
{
    std::vector<origin_ref> all = origins_.all();
    std::erase_if(all, [&](const origin_ref& each) { return !what.covers(*each); });
    return all;
}

void drain_schedule::orphan(std::vector<origin_ref> origins, const drain_manner& how,
                            net::milliseconds_count now)
{
    if (origins.empty()) return;
    drains_.push_back({{drain_kind::reload, {}, {}},
                       drain_plan(order_of(drain_kind::reload, std::move(origins), how), now),
                       nullptr});
}

void drain_schedule::adopt(const tunnel_origin& origin)
{
    for (drain& each : drains_) {
        if (each.what.kind == drain_kind::reload) each.plan.spare(origin);
    }
}

void drain_schedule::begin(drain_target what, std::shared_ptr<drain_cell> told, const drain_manner& how,
                           net::milliseconds_count now)
{
    take_back(what);
    drain_plan plan(order_of(what.kind, origins_of(what), how), now);
    told->total.store(plan.total(), std::memory_order_relaxed);
    drains_.push_back({std::move(what), std::move(plan), std::move(told)});
    settle(now);
    drains_.back().told->has_begun.store(true, std::memory_order_release);
}

void drain_schedule::take_back(const drain_target& what)
{
    std::erase_if(drains_, [&](const drain& each) { return each.told && each.what == what; });
}

void drain_schedule::begin_dead(drain_target what, const drain_manner& how, net::milliseconds_count now)
{
    drain_plan plan(order_of(what.kind, origins_of(what), how), now);
    drains_.push_back({std::move(what), std::move(plan), nullptr});
    settle(now);
}

void drain_schedule::end_dead(const drain_target& what)
{
    std::erase_if(drains_, [&](const drain& each) { return !each.told && each.what == what; });
}

void drain_schedule::begin_process(const drain_manner& how, net::milliseconds_count now)
{
    is_process_leaving_ = true;
    drains_.clear();
    drains_.push_back({{drain_kind::process, {}, {}},
                       drain_plan(order_of(drain_kind::process, origins_.all(), how), now),
                       nullptr});
}

void drain_schedule::gather()
{
    gathered_ = origins_.made();
    for (drain& each : drains_) {
        const bool takes_all = each.what.kind == drain_kind::process;
        if (!takes_all && !each.told) continue;
        for (const origin_ref& origin : takes_all ? origins_.all() : origins_of(each.what))
            each.plan.include(origin);
    }
}

void drain_schedule::settle(net::milliseconds_count now)
{
    std::erase_if(drains_, [&](const drain& each) {
        const bool is_operators = each.told != nullptr || each.what.kind == drain_kind::process;
        return !is_operators && each.plan.is_over(now);
    });
    metrics::by<drain_kind, std::int64_t> left;
    for (const drain& each : drains_) {
        left[each.what.kind] += static_cast<std::int64_t>(each.plan.left());
        if (!each.told) continue;
        std::uint64_t open = 0;
        for (const origin_ref& origin : each.plan.order().origins)
            open += origin->open;
        each.told->left.store(each.plan.left(), std::memory_order_relaxed);
        each.told->open.store(open, std::memory_order_relaxed);
    }
    for (const drain_kind kind : left.keys())
        cells_.drain_left[kind].set(left[kind]);
}

} // namespace fairlead::websocket
