// How tunnels end: the one place that decides it.
//
//   a side sends Close ──► relayed; when both did, or it ended TCP too, the end comes within close_timeout;
//                          when the other does not answer, within a minute
//   close() by us      ──► a Close to both sides at a frame's end, then as above; what comes is dropped
//   a side's FIN       ──► relayed behind what waits; done when both sides ended
//   an error           ──► the other side is closed at once: the client by a FIN, the backend by a reset
//
// A side that is TLS gets a close_notify when what it was sent is whole: after an end in order, or a Close,
// with nothing left to send. Otherwise its connection just ends, so that it can tell.
#include "proxy/snat/tuple_return.hpp"
#include "proxy/websocket/control_frame.hpp"
#include "proxy/websocket/relay.hpp"

#include <algorithm>

namespace fairlead::websocket {
namespace {

// An application may have much to send before it answers a Close, but not for ever.
constexpr tick_count unanswered_close = 60'000 / net::timer_wheel::tick;

metrics::party party_of(side of) noexcept
{
    return of == side::client ? metrics::party::client : metrics::party::backend;
}

// What the Close says beside its code; short, since a client may show it.
std::string_view reason_of(end_cause cause) noexcept
{
    switch (cause) {
    case end_cause::none:
    case end_cause::close_frame:
    case end_cause::eof:
    case end_cause::reset:
    case end_cause::truncated:
    case end_cause::tls_error:
    case end_cause::overdue:
    case end_cause::refused: break;
    case end_cause::drained:
    case end_cause::removed:
    case end_cause::dead_backend:
    case end_cause::rebalanced: return "please reconnect";
    case end_cause::ordered: return "closed by the operator";
    case end_cause::dead_peer: return "peer does not answer";
    case end_cause::idle: return "idle for too long";
    case end_cause::aged: return "open for too long";
    case end_cause::rate: return "too many messages";
    case end_cause::frame_too_big: return "frame too big";
    case end_cause::message_too_big: return "message too big";
    case end_cause::protocol_error: return "protocol error";
    case end_cause::slow_consumer: return "too slow";
    }
    return {};
}

// Of a side that cannot be read or written any more.
end_cause cause_of(const leg& broken) noexcept
{
    const tls::failure* const failed = broken.tls ? broken.tls->failed_by() : nullptr;
    return failed != nullptr && failed->what != tls::fault::reset ? end_cause::tls_error : end_cause::reset;
}

} // namespace

void relay::close(tunnel& which, const own_close& how)
{
    if (which.is_closed || which.is_closing) return;
    begin_end(which, metrics::party::proxy, how.cause, how.to_client);
    which.is_closing = true;
    leave_origin(which);
    which.client.own_code = how.to_client;
    which.backend.own_code = how.to_backend;
    if (!which.is_websocket) {
        finish(which);
        if (!in_batch_) bury();
        return;
    }
    end_within(which, which.policy().close_timeout);
    for (const side to : {side::client, side::backend}) {
        leg& sink = which.of(to);
        const frame_scanner& stream = which.of(other(to)).from;
        if (sink.close != leg::closing::no || stream.saw_close()) continue; // it has its Close already
        sink.close = leg::closing::wanted;
        if (stream.at_boundary()) put_close(which, to);
        if (which.is_closed) break;
    }
    if (which.client.is_delayed && !which.is_closed) {
        which.client.is_delayed = false; // its answer would wait for its rate
        go_on_later(which);
    }
    if (!in_batch_) bury();
}

std::size_t relay::close_oldest(std::size_t count, const own_close& how)
{
    std::size_t begun = 0;
    for (auto at = tunnels_.begin(); at != tunnels_.end() && begun < count;) {
        tunnel& which = *at++;
        if (which.is_closing) continue;
        close(which, how);
        ++begun;
    }
    return begun;
}

void relay::put_close(tunnel& which, side to)
{
    leg& sink = which.of(to);
    sink.close = leg::closing::sent;
    if (sink.end_sent || sink.end_wanted) return;
    const masking mask = to == side::backend ? masking::random_key : masking::none;
    const control_frame frame = close_frame(sink.own_code, reason_of(which.end.cause), mask);
    which.origin->cells->close_codes[metrics::party::proxy][metrics::slot_of(sink.own_code)].add();
    if (which.is_traced) {
        const std::size_t head = to == side::backend ? 6 : 2; // bytes before the payload
        trace_own(which, to, {frame.size - head, opcode::close, true, to == side::backend, 0}, sink.own_code);
    }
    send_or_keep(which, to, frame.span());
    if (!which.is_closed) end_if_done(which);
}

void relay::saw_close(tunnel& which, side from)
{
    const leg& source = which.of(from);
    which.origin->cells->close_codes[party_of(from)][metrics::slot_of(source.close_code)].add();
    begin_end(which, party_of(from), end_cause::close_frame, source.close_code);
    const bool both = which.of(other(from)).from.saw_close();
    end_within(which, both ? which.policy().close_timeout : unanswered_close);
    end_if_done(which);
}

// The nearer of this end and one that was set before.
void relay::end_within(tunnel& which, tick_count time) noexcept
{
    const tick_count at = now() + time + 1; // the wheel's time may be a tick behind
    if (which.ends_at != 0 && which.ends_at <= at) return;
    which.ends_at = at;
    arm(which, at);
}

void relay::begin_end(tunnel& which, metrics::party by, end_cause cause, std::uint16_t code) noexcept
{
    if (which.end.cause != end_cause::none) return;
    which.end = {by, cause, code};
    which.times.ending_at = now();
}

// When the proxy closes, a side is done with its Close or its end; else only with its end.
void relay::end_if_done(tunnel& which)
{
    const bool nothing_waits = !which.client.waiting && !which.backend.waiting;
    if (which.is_closed || !nothing_waits) return;
    if (which.client.has_ended && which.backend.has_ended) {
        finish(which);
        return;
    }
    if (!which.is_closing) return;
    const auto answered = [](const leg& of) { return of.from.saw_close() || of.has_ended; };
    const auto told = [](const leg& of) { return of.close != leg::closing::wanted; };
    const bool client_done = answered(which.client) && told(which.client);
    if (client_done && !which.client.end_sent) {
        send_end(which, side::client); // the server's part ends TCP first (RFC 6455 7.1.1)
        return;                        // it comes back here, now or when the client has taken what it is sent
    }
    if (client_done && answered(which.backend) && told(which.backend)) finish(which);
}

void relay::leave_origin(tunnel& which) noexcept
{
    if (!which.origin_hook::is_linked()) return;
    auto& listed = which.origin->tunnels;
    listed.erase(listed.iterator_to(which));
    if (which.origin->cells != nullptr) which.origin->cells->staying.sub();
}

void relay::break_off(tunnel& which, side broken)
{
    begin_end(which, party_of(broken), cause_of(which.of(broken)), 0);
    finish(which);
}

void relay::finish(tunnel& which)
{
    which.is_closed = true;
    which.deadline().cancel();
    count_end(which);
    if (which.is_traced) end_traces(which);
    observer_.tunnel_ended(which);
    const bool in_order = which.client.has_ended && which.backend.has_ended;
    which.client.hang_up(which.ending_of(side::client));
    const bool by_reset = !in_order && !which.backend.from.saw_close();
    {
        const snat::tuple_return ending(std::move(which.source), which.backend.fd, by_reset);
        by_reset ? which.backend.hang_up_by_reset() : which.backend.hang_up(which.ending_of(side::backend));
    }
    which.use.reset();
    cells_.tunnels_open.sub();
    cells_.connections_open.sub();
    for (tunnel*& next : next_seen_) {
        if (next == &which) next = behind(which);
    }
    tunnels_.erase(tunnels_.iterator_to(which));
    leave_origin(which);
    --which.origin->open;
    if (which.is_ready) std::erase(ready_, &which);
    closed_.push_back(which);
}

void relay::count_end(tunnel& which) noexcept
{
    if (which.origin->cells == nullptr) return;
    metrics::tunnel_cells& cells = *which.origin->cells;
    cells.closed[which.end.by][which.end.cause].add();
    cells.lifetime.observe(std::chrono::steady_clock::now() - which.opened_at);
    const bool without_close = !which.client.from.saw_close() && !which.backend.from.saw_close() &&
                               which.client.close != leg::closing::sent;
    if (without_close) cells.close_codes[which.end.by][metrics::close_code_slot::abnormal].add();
}

} // namespace fairlead::websocket
