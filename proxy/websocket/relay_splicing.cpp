// The relay's path for large payloads between plain sockets: the kernel moves them, through a pipe.
#include "proxy/websocket/frame_tally.hpp"
#include "proxy/websocket/relay.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::websocket {

// How much of the frame at hand can go that way; 0: none. A frame that began so goes on so, up to its end,
// lest the header of the next be read together with 64 KiB of its payload.
std::size_t relay::payload_to_splice(const tunnel& which, side from) const noexcept
{
    const leg& source = which.of(from);
    const std::uint64_t left = source.from.payload_left();
    if (left < splice_from && !(source.is_bulky && left != 0)) return 0;
    const leg& sink = which.of(other(from));
    const bool is_plain = !source.tls && !sink.tls;
    const bool takes_all = sink.close == leg::closing::no && !sink.end_sent && !sink.end_wanted;
    if (!is_plain || !takes_all || !which.is_websocket || which.is_traced) return 0;
    return static_cast<std::size_t>(std::min<std::uint64_t>(left, net::splice_pipe::most_bytes));
}

leg::moved relay::splice_some(tunnel& which, side from, std::size_t most)
{
    net::splice_pipe pipe = net::splice_pipe::borrow();
    if (!pipe.is_open()) return copy_some(which, from);
    leg& source = which.of(from);
    const leg::moved got = source.receive(pipe, most);
    note_read(source, got);
    if (got.count == 0) return got;
    source.is_bulky = true;
    const std::uint64_t messages_before = source.messages;
    follow_spliced(which, from, got.count);
    send_or_keep(which, other(from), std::move(pipe));
    if (from == side::client && !which.is_closed && which.policy().client_rate.concerns(0))
        meter(which, {source.messages - messages_before, got.count});
    return got;
}

void relay::follow_spliced(tunnel& which, side from, std::size_t byte_count)
{
    leg& source = which.of(from);
    const bool is_first = source.messages == 0;
    source.bytes += byte_count;
    which.alive.heard(from, now());
    which.alive.saw_data(now());
    which.origin->cells->bytes[direction_from(from)].add(byte_count);
    frame_tally tally(which, from, now());
    source.from.skip(byte_count, tally);
    if (is_first && source.messages != 0) note_first_message(which, from);
}

void relay::send_or_keep(tunnel& which, side to, net::splice_pipe pipe)
{
    leg& sink = which.of(to);
    const leg::moved sent = sink.send(pipe);
    if (sent.what == leg::outcome::done) return;
    if (sent.what != leg::outcome::blocked) {
        break_off(which, to);
        return;
    }
    wait_for(which, to);
    sink.waiting->pipe = std::move(pipe);
}

} // namespace fairlead::websocket
