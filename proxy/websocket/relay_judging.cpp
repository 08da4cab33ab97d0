// The relay's careful path, for tunnels with limits and while a pong is awaited: each frame is looked at
// before any of it goes on.
#include "proxy/websocket/frame_tally.hpp"
#include "proxy/websocket/relay.hpp"

#include <cassert>
#include <cstring>

namespace fairlead::websocket {
namespace {

// Whose fault it was is told what; the other side learns that its peer is gone or made no sense.
own_close close_for(frame_fault fault, side by) noexcept
{
    constexpr std::uint16_t going_away = 1001;
    constexpr std::uint16_t protocol_error = 1002;
    constexpr std::uint16_t message_too_big = 1009;
    constexpr std::uint16_t bad_gateway = 1014;
    const std::uint16_t code = fault == frame_fault::protocol ? protocol_error : message_too_big;
    own_close how;
    how.to_client = by == side::client ? code : bad_gateway;
    how.to_backend = by == side::client ? going_away : code;
    switch (fault) {
    case frame_fault::none:
    case frame_fault::protocol: how.cause = end_cause::protocol_error; break;
    case frame_fault::frame_too_big: how.cause = end_cause::frame_too_big; break;
    case frame_fault::message_too_big: how.cause = end_cause::message_too_big; break;
    }
    return how;
}

} // namespace

// What becomes of the frame at hand.
struct relay::frame_view
{
    enum class fate : std::uint8_t
    {
        passes,    // its first `size` bytes, and what follows them
        unclear,   // more of it is needed
        swallowed, // it is `size` bytes, for the relay itself
        refused
    };

    fate what = fate::passes;
    std::size_t size = 0;
    frame_fault fault = frame_fault::none;
};

bool relay::is_judged(const tunnel& which, side from) const noexcept
{
    const leg& source = which.of(from);
    return source.owes_pong || which.held || !which.policy().rules_for(from).is_off();
}

void relay::forward_judged(tunnel& which, side from, bytes data)
{
    leg& source = which.of(from);
    frame_tally tally(which, from, now());
    data = with_held(which, from, data);
    std::size_t first = 0; // of what goes on and has not yet
    std::size_t at = 0;
    while (at < data.size()) {
        if (!source.from.at_boundary()) {
            at += source.from.scan_to_boundary(data.subspan(at), tally);
            continue;
        }
        const frame_view frame = look_at(which, from, data.subspan(at));
        if (frame.what == frame_view::fate::passes) {
            source.from.scan(data.subspan(at, frame.size), tally);
            at += frame.size;
            continue;
        }
        send_or_keep(which, other(from), data.subspan(first, at - first));
        if (which.is_closed) return;
        if (frame.what == frame_view::fate::unclear) {
            hold(which, from, data.subspan(at));
            return;
        }
        if (frame.what == frame_view::fate::refused) {
            close(which, close_for(frame.fault, from));
            if (!which.is_closed) source.from.scan(data.subspan(at), tally); // its Close may be among it
            return;
        }
        at += frame.size;
        first = at;
    }
    send_or_keep(which, other(from), data.subspan(first));
}

relay::frame_view relay::look_at(tunnel& which, side from, bytes rest)
{
    leg& source = which.of(from);
    const auto frame = read_frame_start(rest);
    if (!frame) return {frame_view::fate::unclear};
    const frame_rules& rules = which.policy().rules_for(from);
    const frame_context where{from == side::client, source.from.in_message(), source.from.message_bytes(),
                              which.reserved_bits};
    const frame_fault fault = judge(*frame, rules, where);
    if (fault != frame_fault::none) return {frame_view::fate::refused, 0, fault};
    const bytes payload = rest.subspan(frame->size);
    if (rules.enforce && frame->code == opcode::close && frame->length >= 2) {
        if (payload.size() < 2) return {frame_view::fate::unclear};
        if (!is_sendable(read_close_code(*frame, payload)))
            return {frame_view::fate::refused, 0, frame_fault::protocol};
    }
    if (source.owes_pong && frame->code == opcode::pong && frame->length == ping_bytes) {
        if (payload.size() < ping_bytes) return {frame_view::fate::unclear};
        if (takes_pong(which, from, *frame, payload))
            return {frame_view::fate::swallowed, frame->size + ping_bytes};
    }
    return {frame_view::fate::passes, frame->size};
}

void relay::hold(tunnel& which, side from, bytes part)
{
    if (!which.held) which.held = std::make_unique<std::array<frame_part, 2>>();
    frame_part& held = (*which.held)[index_of(from)];
    assert(part.size() <= held.bytes.size());
    std::memcpy(held.bytes.data(), part.data(), part.size());
    held.size = static_cast<std::uint8_t>(part.size());
}

// `data` is in the worker's buffer; what was held back goes before it there.
relay::bytes relay::with_held(tunnel& which, side from, bytes data) noexcept
{
    if (!which.held) return data;
    assert(data.data() == room());
    frame_part& held = (*which.held)[index_of(from)];
    const std::size_t size = std::exchange(held.size, std::uint8_t{0});
    std::memcpy(room() - size, held.bytes.data(), size);
    if ((*which.held)[index_of(other(from))].size == 0) which.held.reset();
    return {room() - size, size + data.size()};
}

// No more will come of it: the other side gets what there is.
void relay::release_held(tunnel& which, side from)
{
    leg& source = which.of(from);
    const bytes part = with_held(which, from, bytes(room(), 0));
    if (part.empty()) return;
    frame_tally tally(which, from, now());
    source.from.scan(part, tally);
    if (which.of(other(from)).close == leg::closing::no) send_or_keep(which, other(from), part);
}

// A client that is too fast is not read for a while, so that TCP slows it down.
void relay::meter(tunnel& which, const throttle::amount& of)
{
    constexpr std::uint16_t policy_violation = 1008;
    constexpr std::uint16_t going_away = 1001;
    constexpr std::chrono::milliseconds tick(net::timer_wheel::tick);
    if (which.is_closing) return;
    if (!which.client_rate) which.client_rate = std::make_unique<throttle>();
    const auto now_ns = std::chrono::steady_clock::now().time_since_epoch();
    const throttle::verdict told = which.client_rate->take(which.policy().client_rate, of, now_ns);
    if (told.delay == std::chrono::nanoseconds::zero()) return;
    if (told.is_over) {
        close(which, {policy_violation, going_away, end_cause::rate});
        return;
    }
    which.origin->cells->delays.add();
    which.client.is_delayed = true;
    which.resumes_at = now() + 1 + static_cast<tick_count>(told.delay / tick);
    arm(which, which.resumes_at);
}

} // namespace fairlead::websocket
