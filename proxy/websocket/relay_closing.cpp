// How tunnels end: the one place that decides it.
//
//   a side sends Close ──► relayed; when both did, or it ended TCP too, the end comes within close_timeout;
//                          when the other does not answer, within a minute
//   close() by us      ──► a Close to both sides at a frame's end, then as above; what comes is dropped
//   a side's FIN       ──► relayed behind what waits; done when both sides ended
//   an error           ──► the other side is closed at once: the client in order, the backend by a reset
#include "proxy/snat/tuple_return.hpp"
#include "proxy/websocket/control_frame.hpp"
#include "proxy/websocket/relay.hpp"

#include <algorithm>

#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::websocket {
namespace {

// An application may have much to send before it answers a Close, but not for ever.
constexpr net::milliseconds_count unanswered_close_ms = 60'000;

metrics::party party_of(side of) noexcept
{
    return of == side::client ? metrics::party::client : metrics::party::backend;
}

// Nobody waits for more: give the port back at once, without TIME_WAIT.
void close_by_reset(int fd) noexcept
{
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd);
}

} // namespace

void relay::close(tunnel& which, std::uint16_t code, end_cause cause)
{
    if (which.is_closed || which.close_code_wanted != 0) return;
    begin_end(which, metrics::party::proxy, cause, code);
    which.close_code_wanted = code;
    if (!which.is_websocket) {
        finish(which);
        if (!in_batch_) bury();
        return;
    }
    end_within(which, which.origin->close_timeout_ms);
    for (const side to : {side::client, side::backend}) {
        leg& sink = which.of(to);
        const frame_scanner& stream = which.of(other(to)).from;
        if (sink.close != leg::closing::no || stream.saw_close()) continue; // it has its Close already
        sink.close = leg::closing::wanted;
        if (stream.at_boundary()) put_close(which, to);
        if (which.is_closed) break;
    }
    if (!in_batch_) bury();
}

std::size_t relay::close_oldest(std::size_t count, std::uint16_t code, end_cause cause)
{
    std::size_t begun = 0;
    for (auto at = tunnels_.begin(); at != tunnels_.end() && begun < count;) {
        tunnel& which = *at++;
        if (which.close_code_wanted != 0) continue;
        close(which, code, cause);
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
    const control_frame frame = close_frame(which.close_code_wanted, "", mask);
    which.origin->cells->close_codes[metrics::party::proxy][metrics::slot_of(which.close_code_wanted)].add();
    send_or_keep(which, to, frame.span());
    if (!which.is_closed) end_if_done(which);
}

void relay::saw_close(tunnel& which, side from)
{
    const leg& source = which.of(from);
    which.origin->cells->close_codes[party_of(from)][metrics::slot_of(source.close_code)].add();
    begin_end(which, party_of(from), end_cause::close_frame, source.close_code);
    const bool both = which.of(other(from)).from.saw_close();
    end_within(which, both ? which.origin->close_timeout_ms : unanswered_close_ms);
    end_if_done(which);
}

// The nearer of this end and one that was set before.
void relay::end_within(tunnel& which, net::milliseconds_count time_ms) noexcept
{
    const net::milliseconds_count now = now_ms();
    if (!which.deadline().is_armed() || which.deadline().due() > now + time_ms)
        wheel_.arm(which.deadline(), now, time_ms);
}

void relay::begin_end(tunnel& which, metrics::party by, end_cause cause, std::uint16_t code) noexcept
{
    if (which.end.cause == end_cause::none) which.end = {by, cause, code};
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
    if (which.close_code_wanted == 0) return;
    const auto answered = [](const leg& of) { return of.from.saw_close() || of.has_ended; };
    const auto told = [](const leg& of) { return of.close != leg::closing::wanted; };
    const bool client_done = answered(which.client) && told(which.client);
    if (client_done && !which.client.end_sent) {
        which.client.end_sent = true; // the server's part ends TCP first (RFC 6455 7.1.1)
        ::shutdown(which.client.fd, SHUT_WR);
    }
    if (client_done && answered(which.backend) && told(which.backend)) finish(which);
}

void relay::break_off(tunnel& which, side broken)
{
    begin_end(which, party_of(broken), end_cause::reset, 0);
    finish(which);
}

void relay::finish(tunnel& which)
{
    which.is_closed = true;
    which.deadline().cancel();
    count_end(which);
    observer_.tunnel_ended(which);
    const bool in_order = which.client.has_ended && which.backend.has_ended;
    ::close(which.client.fd);
    const bool by_reset = !in_order && !which.backend.from.saw_close();
    {
        const snat::tuple_return ending(std::move(which.source), which.backend.fd, by_reset);
        by_reset ? close_by_reset(which.backend.fd) : static_cast<void>(::close(which.backend.fd));
    }
    which.use.reset();
    cells_.tunnels_open.sub();
    cells_.connections_open.sub();
    tunnels_.erase(tunnels_.iterator_to(which));
    if (which.is_ready) {
        tunnel** at = &ready_;
        while (*at != nullptr && *at != &which)
            at = &(*at)->next_ready;
        if (*at != nullptr) *at = which.next_ready;
    }
    closed_.push_back(which);
}

void relay::count_end(tunnel& which) noexcept
{
    if (which.origin->cells == nullptr) return;
    metrics::tunnel_cells& cells = *which.origin->cells;
    cells.closed[which.end.by].add();
    cells.lifetime.observe(std::chrono::steady_clock::now() - which.opened_at);
    const bool without_close = !which.client.from.saw_close() && !which.backend.from.saw_close() &&
                               which.client.close != leg::closing::sent;
    if (without_close) cells.close_codes[which.end.by][metrics::close_code_slot::abnormal].add();
}

} // namespace fairlead::websocket
