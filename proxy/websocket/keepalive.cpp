#include "proxy/websocket/keepalive.hpp"

#include <algorithm>

namespace fairlead::websocket {

struct keepalive::question
{
    const keepalive_policy& policy;
    tick_count now;
    std::array<bool, 2> may_ping;
};

keepalive::verdict keepalive::next(const keepalive_policy& policy, tick_count now,
                                   std::array<bool, 2> may_ping) const noexcept
{
    verdict out;
    if (policy.max_age != 0) {
        const tick_count cut = static_cast<tick_count>(std::uint64_t{policy.max_age / 10} * age_cut_ >> 16);
        const tick_count at = opened_at_ + policy.max_age - cut;
        if (now >= at) return {step::aged};
        out.due = std::min(out.due, at);
    }
    if (policy.idle_timeout != 0) {
        const tick_count at = data_at_ + policy.idle_timeout;
        if (now >= at) return {step::idle};
        out.due = std::min(out.due, at);
    }
    if (policy.ping_every != 0) {
        for (const side each : both_sides) {
            if (policy.pings[index_of(each)] && check_side({policy, now, may_ping}, each, out)) return out;
        }
    }
    return out;
}

// Whether there is something to do about the side; else when to look again.
bool keepalive::check_side(const question& asked, side which, verdict& out) const noexcept
{
    constexpr tick_count second = 1'000 / net::timer_wheel::tick;
    const auto& [policy, now, may_ping] = asked;
    const std::size_t at = index_of(which);
    if (is_unanswered_[at] && policy.pong_timeout != 0) {
        const tick_count dead_at = pinged_at_[at] + policy.pong_timeout;
        if (now >= dead_at) {
            out = {step::dead, which};
            return true;
        }
        // It may answer soon, and nothing is armed then: look again when its next ping could be due.
        out.due = std::min({out.due, dead_at, now + policy.ping_every});
        return false;
    }
    // Without pong_timeout a silent side is pinged on and on, for the round-trip time and for NATs.
    const tick_count quiet_since = is_unanswered_[at] ? pinged_at_[at] : heard_[at];
    const tick_count ping_at = quiet_since + policy.ping_every;
    if (now >= ping_at && may_ping[at]) {
        out = {step::ping, which};
        return true;
    }
    out.due = std::min(out.due, now >= ping_at ? now + second : ping_at);
    return false;
}

} // namespace fairlead::websocket
