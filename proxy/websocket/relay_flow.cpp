// The relay's data path: read, follow the frames, write, keep what is left.
#include "proxy/websocket/relay.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace fairlead::websocket {
namespace {

constexpr int reads_per_turn = 16; // then other tunnels get theirs

metrics::direction direction_from(side from) noexcept
{
    return from == side::client ? metrics::direction::to_backend : metrics::direction::to_client;
}

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

} // namespace

// Counts what the scanner sees.
struct relay::frame_tally
{
    metrics::tunnel_cells& cells;
    metrics::direction direction;
    leg& source;

    void on_frame(const frame_header& frame) const noexcept
    {
        switch (frame.code) {
        case opcode::ping: cells.controls[direction][metrics::frame_kind::ping].add(); break;
        case opcode::pong: cells.controls[direction][metrics::frame_kind::pong].add(); break;
        case opcode::close: cells.controls[direction][metrics::frame_kind::close].add(); break;
        case opcode::continuation:
        case opcode::text:
        case opcode::binary: break;
        }
    }
    void on_message(bool is_text, std::uint64_t) const noexcept
    {
        cells.messages[direction][is_text ? metrics::frame_kind::text : metrics::frame_kind::binary].add();
        ++source.messages;
    }
    void on_close(std::uint16_t code) const noexcept { source.close_code = code; }
};

void relay::pump(tunnel& which, side from)
{
    leg& source = which.of(from);
    const leg& sink = which.of(other(from));
    for (int reads = 0; source.may_read && !source.has_ended && !sink.waiting; ++reads) {
        if (reads == reads_per_turn) {
            go_on_later(which);
            return;
        }
        const ssize_t count = ::recv(source.fd, buffer_.data(), buffer_.size(), 0);
        if (count > 0) {
            // A short read emptied the socket; a new edge comes with new bytes, so no read for EAGAIN.
            if (static_cast<std::size_t>(count) < buffer_.size() && !source.saw_hangup)
                source.may_read = false;
            forward(which, from, bytes(buffer_.data(), static_cast<std::size_t>(count)));
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
    if (!which.is_websocket) {
        send_or_keep(which, other(from), data);
        return;
    }
    metrics::tunnel_cells& cells = *which.origin->cells;
    cells.bytes[direction_from(from)].add(data.size());
    const bool had_close = source.from.saw_close();
    if (which.of(other(from)).close == leg::closing::no) {
        frame_tally tally{cells, direction_from(from), source};
        source.from.scan(data, tally);
        send_or_keep(which, other(from), data);
    } else {
        forward_until_close(which, from, data);
    }
    if (!had_close && source.from.saw_close() && !which.is_closed) saw_close(which, from);
}

// The proxy's own Close waits for a frame's end, or is out already: what comes behind it is followed and
// dropped.
void relay::forward_until_close(tunnel& which, side from, bytes data)
{
    leg& source = which.of(from);
    frame_tally tally{*which.origin->cells, direction_from(from), source};
    if (which.of(other(from)).close == leg::closing::wanted) {
        const std::size_t head = source.from.scan_to_boundary(data, tally);
        send_or_keep(which, other(from), data.first(head));
        data = data.subspan(head);
        if (which.is_closed) return;
        if (source.from.at_boundary() && source.from.saw_close())
            which.of(other(from)).close =
                leg::closing::sent; // that frame was a Close: ours would be a second
        else if (source.from.at_boundary())
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
    begin_end(which, from == side::client ? metrics::party::client : metrics::party::backend, end_cause::eof,
              0);
    send_end(which, other(from));
    // A WebSocket server that ended TCP has nothing to wait for (RFC 6455 7.1.1), nor has a client that
    // closed.
    if (which.is_websocket && !which.is_closed && (from == side::backend || source.from.saw_close()))
        end_within(which, which.origin->close_timeout_ms);
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
