// What the relay does for a tunnel when its time has come and no byte has: pings, and ends by the clock.
#include "proxy/websocket/control_frame.hpp"
#include "proxy/websocket/relay.hpp"

#include <algorithm>

namespace fairlead::websocket {
namespace {

constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t policy_violation = 1008;
constexpr std::uint16_t service_restart = 1012;
constexpr std::uint16_t try_again_later = 1013;

std::uint32_t steady_us() noexcept
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::uint8_t octet(std::uint32_t value, unsigned index) noexcept
{
    return static_cast<std::uint8_t>(value >> (24 - 8 * index));
}

} // namespace

void relay::keep_up(tunnel& which)
{
    const tick_count at = now();
    if (which.ends_at != 0 && at >= which.ends_at) {
        begin_end(which, metrics::party::proxy, end_cause::overdue, 0);
        finish(which);
        return;
    }
    if (which.client.is_delayed && at >= which.resumes_at) {
        which.client.is_delayed = false;
        pump(which, side::client);
    }
    tick_count due = keepalive::never;
    if (!which.is_closed) end_if_stalled(which, at, due);
    if (!which.is_closed && which.ends_at == 0) keep_alive(which, at, due);
    if (which.is_closed) return;
    if (which.ends_at != 0) due = std::min(due, which.ends_at);
    if (which.client.is_delayed) due = std::min(due, which.resumes_at);
    if (due != keepalive::never) arm(which, due);
}

void relay::reconsider(tunnel& which)
{
    which.deadline().cancel();
    keep_up(which);
    if (!in_batch_) bury();
}

void relay::end_if_stalled(tunnel& which, tick_count at, tick_count& due)
{
    const tick_count longest = which.policy().slow_timeout;
    if (longest == 0 || which.is_closing) return;
    for (const side to : both_sides) {
        const leg& sink = which.of(to);
        if (!sink.waiting) continue;
        if (at < sink.stalled_at + longest) {
            due = std::min(due, sink.stalled_at + longest);
            continue;
        }
        close(which, {to == side::client ? policy_violation : try_again_later,
                      to == side::backend ? policy_violation : try_again_later, end_cause::slow_consumer});
        return;
    }
}

void relay::keep_alive(tunnel& which, tick_count at, tick_count& due)
{
    if (which.policy().alive.is_off()) return;
    for (const side each : both_sides) {
        if (is_unread(which, each)) which.alive.heard(each, at); // its silence is our doing
    }
    for (;;) {
        const std::array<bool, 2> able{may_ping(which, side::client), may_ping(which, side::backend)};
        const keepalive::verdict told = which.alive.next(which.policy().alive, at, able);
        switch (told.what) {
        case keepalive::step::wait: due = std::min(due, told.due); return;
        case keepalive::step::ping:
            ping(which, told.of);
            if (which.is_closed) return;
            break;
        case keepalive::step::dead:
            close(which,
                  {told.of == side::client ? going_away : service_restart, going_away, end_cause::dead_peer});
            return;
        case keepalive::step::idle: close(which, {going_away, going_away, end_cause::idle}); return;
        case keepalive::step::aged: close(which, {service_restart, going_away, end_cause::aged}); return;
        }
    }
}

// Its bytes are left where they are: for the other side's back-pressure, or for its own rate.
bool relay::is_unread(const tunnel& which, side from) const noexcept
{
    return which.of(from).is_delayed || which.of(other(from)).waiting != nullptr;
}

// A frame of its own fits in, and the side would answer.
bool relay::may_ping(const tunnel& which, side to) const noexcept
{
    const leg& target = which.of(to);
    const frame_scanner& stream = which.of(other(to)).from;
    return which.is_websocket && stream.at_boundary() && !stream.saw_close() && !target.from.saw_close() &&
           target.close == leg::closing::no && !target.has_ended && !target.end_sent && !target.end_wanted;
}

// The payload is the relay's mark and the time, so that the pong tells both.
void relay::ping(tunnel& which, side to)
{
    leg& target = which.of(to);
    target.pinged_us = steady_us();
    target.owes_pong = true;
    which.alive.pinged(to, now());
    std::array<std::uint8_t, ping_bytes> payload{};
    std::ranges::copy(ping_mark_, payload.begin());
    for (unsigned i = 0; i < 4; ++i)
        payload[4 + i] = octet(target.pinged_us, i);
    const masking mask = to == side::backend ? masking::random_key : masking::none;
    if (which.is_traced) trace_own(which, to, {ping_bytes, opcode::ping, true, to == side::backend, 0}, 0);
    send_or_keep(which, to, ping_frame(payload, mask).span());
}

// Whether the pong answers a ping of the relay's own. One that answers an earlier ping is swallowed as well,
// but tells nothing of the time.
bool relay::takes_pong(tunnel& which, side from, const frame_start& pong, bytes payload) noexcept
{
    std::uint32_t number = 0;
    for (unsigned i = 0; i < ping_bytes; ++i) {
        const auto plain = static_cast<std::uint8_t>(payload[i] ^ octet(pong.key, i % 4));
        if (i < ping_mark_.size() && plain != ping_mark_[i]) return false;
        number = number << 8 | plain;
    }
    leg& source = which.of(from);
    if (number != source.pinged_us) return true;
    source.owes_pong = false;
    source.round_trip_us = std::max(steady_us() - source.pinged_us, std::uint32_t{1});
    metrics::tunnel_cells& cells = *which.origin->cells;
    auto& seen = from == side::client ? cells.client_round_trip : cells.backend_round_trip;
    seen.observe(std::chrono::microseconds(source.round_trip_us));
    return true;
}

// For whatever comes first; what is armed for an earlier time stays.
void relay::arm(tunnel& which, tick_count due) noexcept
{
    const net::milliseconds_count at = epoch_ + net::milliseconds_count{due - 1} * net::timer_wheel::tick;
    if (which.deadline().is_armed() && which.deadline().due() <= at) return;
    wheel_.arm(which.deadline(), wheel_.now(), at - std::min(at, wheel_.now()));
}

} // namespace fairlead::websocket
