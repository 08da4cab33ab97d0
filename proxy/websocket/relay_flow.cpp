// The relay's data path: read, follow the frames, write, keep what is left.
#include "proxy/net/memory_account.hpp"
#include "proxy/websocket/frame_tally.hpp"
#include "proxy/websocket/relay.hpp"

namespace fairlead::websocket {
namespace {

// Of one tunnel, whichever comes first: then others get theirs. A read of tiny frames takes as long as ten of
// large ones.
constexpr int reads_per_turn = 16;
constexpr std::chrono::microseconds time_per_turn{300};
constexpr std::size_t cautious_bytes = 16384; // read at once while memory is short: a record of TLS

// Pings and pongs, of this and other tunnels alike.
std::uint64_t controls_of(const tunnel& which, side from) noexcept
{
    const auto& counted = which.origin->cells->controls[direction_from(from)];
    return counted[metrics::frame_kind::ping].value() + counted[metrics::frame_kind::pong].value();
}

} // namespace

void relay::pump(tunnel& which, side from)
{
    leg& source = which.of(from);
    const leg& sink = which.of(other(from));
    std::chrono::steady_clock::time_point begun; // of the second read: most turns have one
    for (int reads = 0; source.may_read && !source.has_ended && !source.is_delayed && !sink.waiting; ++reads)
    {
        if (reads == 1) begun = std::chrono::steady_clock::now();
        if (reads == reads_per_turn ||
            (reads > 1 && std::chrono::steady_clock::now() - begun >= time_per_turn)) {
            go_on_later(which);
            return;
        }
        if (net::memory_account::is_full() && !sink.takes_bytes()) {
            leave_unread(which, from);
            return;
        }
        const std::size_t announced = payload_to_splice(which, from);
        const leg::moved got = announced == 0 ? copy_some(which, from) : splice_some(which, from, announced);
        if (which.is_closed) return;
        switch (got.what) {
        case leg::outcome::done:
        case leg::outcome::blocked: break;
        case leg::outcome::ended: read_end(which, from, end_cause::eof); return;
        case leg::outcome::cut: read_end(which, from, end_cause::truncated); return;
        case leg::outcome::broken: break_off(which, from); return;
        }
    }
}

leg::moved relay::copy_some(tunnel& which, side from)
{
    leg& source = which.of(from);
    const bool is_short = source.is_bulky && source.from.payload_left() == 0;
    const std::size_t most = net::memory_account::is_full() ? cautious_bytes : room_size();
    const leg::moved got = source.receive({room(), is_short ? short_read : most});
    note_read(source, got);
    if (got.count > 0) forward(which, from, bytes(room(), got.count));
    if (is_short && got.count > 0 && !which.is_closed &&
        (source.from.at_boundary() || source.from.payload_left() != 0))
        source.is_bulky = source.from.payload_left() >= splice_from;
    return got;
}

void relay::note_read(leg& source, const leg::moved& got) noexcept
{
    if (got.what == leg::outcome::blocked && (got.count == 0 || !source.saw_hangup)) source.may_read = false;
}

void relay::forward(tunnel& which, side from, bytes data)
{
    leg& source = which.of(from);
    source.bytes += data.size();
    which.alive.heard(from, now());
    if (!which.is_websocket) {
        which.alive.saw_data(now());
        send_or_keep(which, other(from), data);
        return;
    }
    if (which.is_traced) trace_frames(which, from, data);
    which.origin->cells->bytes[direction_from(from)].add(data.size());
    const bool had_close = source.from.saw_close();
    const std::uint64_t messages_before = source.messages;
    const std::uint64_t controls_before = controls_of(which, from);
    if (which.of(other(from)).close != leg::closing::no) {
        forward_until_close(which, from, data);
    } else if (is_judged(which, from)) {
        forward_judged(which, from, data);
    } else {
        frame_tally tally(which, from, now());
        source.from.scan(data, tally);
        send_or_keep(which, other(from), data);
    }
    if (messages_before == 0 && source.messages != 0) note_first_message(which, from);
    if (which.is_closed) return;
    if (source.from.in_data_frame()) which.alive.saw_data(now());
    if (!had_close && source.from.saw_close()) saw_close(which, from);
    const std::uint64_t controls = controls_of(which, from) - controls_before;
    if (from == side::client && which.policy().client_rate.concerns(controls) && !which.is_closed)
        meter(which, {source.messages - messages_before, data.size(), controls});
}

void relay::note_first_message(tunnel& which, side from) noexcept
{
    which.times.first_message[index_of(from)] =
        short_time(std::chrono::steady_clock::now() - which.opened_at);
}

// The proxy's own Close waits for a frame's end, or is out already: what comes behind it is followed and
// dropped.
void relay::forward_until_close(tunnel& which, side from, bytes data)
{
    leg& source = which.of(from);
    frame_tally tally(which, from, now());
    data = with_held(which, from, data);
    if (which.of(other(from)).close == leg::closing::wanted) {
        const std::size_t head = source.from.scan_to_boundary(data, tally);
        send_or_keep(which, other(from), data.first(head));
        data = data.subspan(head);
        if (which.is_closed) return;
        if (source.from.at_boundary() && source.from.saw_close()) {
            which.of(other(from)).close =
                leg::closing::sent; // that frame was a Close: ours would be a second
            which.of(other(from)).own_code = 0;
        } else if (source.from.at_boundary())
            put_close(which, other(from));
    }
    if (!which.is_closed) source.from.scan(data, tally);
}

void relay::send_or_keep(tunnel& which, side to, bytes data)
{
    leg& sink = which.of(to);
    if (data.empty() || sink.end_sent || sink.end_wanted) return;
    if (!sink.waiting) {
        const bool is_header = data.size() <= short_read && payload_to_splice(which, other(to)) != 0;
        const leg::moved sent = sink.send(data, is_header ? leg::follow_up::soon : leg::follow_up::none);
        if (sent.what == leg::outcome::done) return;
        if (sent.what != leg::outcome::blocked) {
            break_off(which, to);
            return;
        }
        data = data.subspan(sent.count);
        wait_for(which, to);
    }
    auto& rest = sink.waiting->bytes;
    rest.insert(rest.end(), data.begin(), data.end());
}

// For want of memory: what would have to wait for the other side stays with the kernel, and the sender with
// it.
void relay::leave_unread(tunnel& which, side from)
{
    net::memory_account::count(metrics::shed::read);
    wait_for(which, other(from));
}

// Until it takes what it did not take now.
void relay::wait_for(tunnel& which, side to)
{
    leg& sink = which.of(to);
    sink.waiting = std::make_unique<leg::remainder>();
    sink.stalled_at = now();
    if (which.policy().slow_timeout != 0) arm(which, now() + which.policy().slow_timeout);
}

void relay::flush(tunnel& which, side to)
{
    leg& sink = which.of(to);
    const leg::moved sent = sink.send_waiting();
    if (sent.what != leg::outcome::done && sent.what != leg::outcome::blocked) {
        break_off(which, to);
        return;
    }
    if (sent.has_progress) {
        sink.stalled_at = now();
        which.alive.heard(to, now()); // who takes bytes is there, and a ping may be behind them
    }
    if (sent.what == leg::outcome::blocked) return;
    sink.waiting.reset();
    if (sink.end_wanted) send_end(which, to);
}

void relay::read_end(tunnel& which, side from, end_cause cause)
{
    leg& source = which.of(from);
    source.has_ended = true;
    source.was_cut = cause == end_cause::truncated;
    source.may_read = false;
    release_held(which, from);
    if (which.is_closed) return;
    begin_end(which, from == side::client ? metrics::party::client : metrics::party::backend, cause, 0);
    send_end(which, other(from));
    // A WebSocket server that ended TCP has nothing to wait for (RFC 6455 7.1.1), nor has a client that
    // closed.
    if (which.is_websocket && !which.is_closed && (from == side::backend || source.from.saw_close()))
        end_within(which, which.policy().close_timeout);
}

void relay::send_end(tunnel& which, side to)
{
    leg& sink = which.of(to);
    if (sink.waiting) {
        sink.end_wanted = true;
        return;
    }
    sink.end_wanted = false;
    if (!sink.end_sent && !sink.finish_sending(which.ending_of(to))) {
        sink.end_wanted = true;
        wait_for(which, to);
        return;
    }
    sink.end_sent = true;
    end_if_done(which);
}

} // namespace fairlead::websocket
