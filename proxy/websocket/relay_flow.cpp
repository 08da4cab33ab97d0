// The relay's data path: read, follow the frames, write, keep what is left.
#include "proxy/websocket/frame_tally.hpp"
#include "proxy/websocket/relay.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace fairlead::websocket {
namespace {

constexpr int reads_per_turn = 16; // then other tunnels get theirs

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

} // namespace

void relay::pump(tunnel& which, side from)
{
    leg& source = which.of(from);
    const leg& sink = which.of(other(from));
    for (int reads = 0; source.may_read && !source.has_ended && !source.is_delayed && !sink.waiting; ++reads)
    {
        if (reads == reads_per_turn) {
            go_on_later(which);
            return;
        }
        const ssize_t count = ::recv(source.fd, room(), room_size(), 0);
        if (count > 0) {
            // A short read emptied the socket; a new edge comes with new bytes, so no read for EAGAIN.
            if (static_cast<std::size_t>(count) < room_size() && !source.saw_hangup) source.may_read = false;
            forward(which, from, bytes(room(), static_cast<std::size_t>(count)));
        } else if (count == 0) {
            read_end(which, from);
        } else if (would_block(errno)) {
            source.may_read = false;
        } else if (errno != EINTR) {
            break_off(which, from);
        }
        if (which.is_closed) return;
    }
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
    which.origin->cells->bytes[direction_from(from)].add(data.size());
    const bool had_close = source.from.saw_close();
    const std::uint64_t messages_before = source.messages;
    if (which.of(other(from)).close != leg::closing::no) {
        forward_until_close(which, from, data);
    } else if (is_judged(which, from)) {
        forward_judged(which, from, data);
    } else {
        frame_tally tally(which, from, now());
        source.from.scan(data, tally);
        send_or_keep(which, other(from), data);
    }
    if (which.is_closed) return;
    if (source.from.in_data_frame()) which.alive.saw_data(now());
    if (!had_close && source.from.saw_close()) saw_close(which, from);
    if (from == side::client && !which.policy().client_rate.is_off() && !which.is_closed)
        meter(which, source.messages - messages_before, data.size());
}

// The proxy's own Close waits for a frame's end, or is out already: what comes behind it is followed and
// dropped.
void relay::forward_until_close(tunnel& which, side from, bytes data)
{
    leg& source = which.of(from);
    frame_tally tally(which, from, now());
    data = with_held(source, data);
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
        const ssize_t sent = ::send(sink.fd, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent == static_cast<ssize_t>(data.size())) return;
        if (sent < 0 && !would_block(errno) && errno != EINTR) {
            break_off(which, to);
            return;
        }
        data = data.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
        sink.waiting = std::make_unique<std::vector<std::uint8_t>>();
        sink.stalled_at = now();
        if (which.policy().slow_timeout != 0) arm(which, now() + which.policy().slow_timeout);
    }
    sink.waiting->insert(sink.waiting->end(), data.begin(), data.end());
}

void relay::flush(tunnel& which, side to)
{
    leg& sink = which.of(to);
    std::vector<std::uint8_t>& waiting = *sink.waiting;
    const ssize_t sent = ::send(sink.fd, waiting.data(), waiting.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        if (!would_block(errno) && errno != EINTR) break_off(which, to);
        return;
    }
    sink.stalled_at = now();
    if (static_cast<std::size_t>(sent) < waiting.size()) {
        waiting.erase(waiting.begin(), waiting.begin() + sent);
        return;
    }
    sink.waiting.reset();
    if (sink.end_wanted) send_end(which, to);
}

void relay::read_end(tunnel& which, side from)
{
    leg& source = which.of(from);
    source.has_ended = true;
    source.may_read = false;
    release_held(which, from);
    if (which.is_closed) return;
    begin_end(which, from == side::client ? metrics::party::client : metrics::party::backend, end_cause::eof,
              0);
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
    if (!sink.end_sent) {
        sink.end_sent = true;
        ::shutdown(sink.fd, SHUT_WR);
    }
    end_if_done(which);
}

} // namespace fairlead::websocket
