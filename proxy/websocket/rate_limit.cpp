#include "proxy/websocket/rate_limit.hpp"

#include <algorithm>

namespace fairlead::websocket {
namespace {

nanoseconds cost_of(const rate& limit, std::uint64_t units) noexcept
{
    constexpr double second = 1e9;
    return nanoseconds(static_cast<nanoseconds::rep>(static_cast<double>(units) * second / limit.per_second));
}

} // namespace

nanoseconds rate_meter::take(const rate& limit, std::uint64_t units, nanoseconds now) noexcept
{
    if (limit.per_second == 0 || units == 0) return nanoseconds{0};
    full_at_ = std::max(full_at_, now) + cost_of(limit, units);
    return std::max(nanoseconds{0}, full_at_ - now - cost_of(limit, limit.burst));
}

bool rate_meter::has_rested(const rate& limit, nanoseconds now) const noexcept
{
    return limit.per_second == 0 || full_at_ - now <= cost_of(limit, limit.burst) / 2;
}

throttle::verdict throttle::take(const rate_policy& policy, const amount& of, nanoseconds now) noexcept
{
    // Asked before they are charged: has the client been quiet since?
    if (messages_.has_rested(policy.messages, now) && bytes_.has_rested(policy.bytes, now) &&
        controls_.has_rested(policy.controls, now))
        delayed_since_ = nanoseconds{0};
    verdict out;
    out.delay =
        std::max({messages_.take(policy.messages, of.messages, now), bytes_.take(policy.bytes, of.bytes, now),
                  controls_.take(policy.controls, of.controls, now)});
    if (out.delay == nanoseconds{0}) return out;
    if (delayed_since_ == nanoseconds{0}) delayed_since_ = now;
    out.is_over = policy.patience != nanoseconds{0} && now - delayed_since_ + out.delay > policy.patience;
    return out;
}

} // namespace fairlead::websocket
