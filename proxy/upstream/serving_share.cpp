#include "proxy/upstream/serving_share.hpp"

namespace fairlead::upstream {
namespace {

using backend_span = std::span<const std::shared_ptr<backend>>;

template <class Predicate>
serving_share count_if(backend_span backends, steady_time now, Predicate counts) noexcept
{
    serving_share out;
    for (const auto& each : backends) {
        if (each->is_closed_to_new() || !counts(*each)) continue;
        ++out.all;
        if (each->is_serving(now) && each->backoff().failures() == 0) ++out.up;
    }
    return out;
}

} // namespace

serving_share count_serving(backend_span backends, steady_time now) noexcept
{
    return count_if(backends, now, [](const backend&) { return true; });
}

std::optional<std::uint32_t> next_priority(backend_span backends, std::optional<std::uint32_t> after) noexcept
{
    std::optional<std::uint32_t> next;
    for (const auto& each : backends) {
        const std::uint32_t priority = each->priority();
        if ((!after || priority > *after) && (!next || priority < *next)) next = priority;
    }
    return next;
}

tier_in_charge find_in_charge(backend_span backends, std::uint32_t threshold, steady_time now) noexcept
{
    std::optional<tier_in_charge> fallback; // the lowest that has anything up, else the lowest
    for (auto at = next_priority(backends); at; at = next_priority(backends, at)) {
        const auto is_of = [at](const backend& each) { return each.priority() == *at; };
        const serving_share share = count_if(backends, now, is_of);
        if (share.up != 0 && !share.panics(threshold)) return {*at, share, false};
        const bool is_better =
            !fallback || fallback->share.all == 0 || (fallback->share.up == 0 && share.up != 0);
        if (is_better) fallback = tier_in_charge{*at, share, share.panics(threshold)};
    }
    return fallback.value_or(tier_in_charge{});
}

} // namespace fairlead::upstream
