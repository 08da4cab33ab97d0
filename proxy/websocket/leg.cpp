#include "proxy/websocket/leg.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::websocket {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

} // namespace

void kept_records::note(std::size_t bytes) noexcept
{
    constexpr std::size_t step = 512;
    const auto now = static_cast<std::uint8_t>(std::min<std::size_t>(bytes / step, UINT8_MAX));
    if (now == steps_) return;
    net::memory_account::give(metrics::memory_kind::remainders, steps_ * step);
    net::memory_account::take(metrics::memory_kind::remainders, now * step);
    steps_ = now;
}

leg::moved leg::receive_bytes(std::span<std::uint8_t> room) noexcept
{
    const ssize_t count = ::recv(fd, room.data(), room.size(), 0);
    if (count > 0) {
        const auto size = static_cast<std::size_t>(count);
        return {size, size < room.size() ? outcome::blocked : outcome::done};
    }
    if (count == 0) return {0, outcome::ended};
    if (errno == EINTR) return {0, outcome::done};
    return {0, would_block(errno) ? outcome::blocked : outcome::broken};
}

leg::moved leg::send_bytes(std::span<const std::uint8_t> data, follow_up next) noexcept
{
    const int flags = next == follow_up::soon ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
    const ssize_t count = ::send(fd, data.data(), data.size(), flags);
    if (count >= 0) {
        const auto size = static_cast<std::size_t>(count);
        return {size, size < data.size() ? outcome::blocked : outcome::done, true};
    }
    return {0, would_block(errno) || errno == EINTR ? outcome::blocked : outcome::broken};
}

// A pipe that is full would look like a socket that is empty: it is lent empty, and has room for `most`.
leg::moved leg::receive(net::splice_pipe& into, std::size_t most) noexcept
{
    const std::ptrdiff_t count = into.take_from(fd, most);
    if (count > 0) return {static_cast<std::size_t>(count), outcome::done};
    if (count == 0) return {0, outcome::ended};
    if (errno == EINTR) return {0, outcome::done};
    return {0, would_block(errno) ? outcome::blocked : outcome::broken};
}

leg::moved leg::send(net::splice_pipe& pipe) noexcept
{
    moved sent{0, outcome::done};
    while (pipe.held() > 0) {
        const std::ptrdiff_t count = pipe.give_to(fd);
        if (count > 0) {
            sent.count += static_cast<std::size_t>(count);
            sent.has_progress = true;
            continue;
        }
        sent.what = count < 0 && (would_block(errno) || errno == EINTR) ? outcome::blocked : outcome::broken;
        break;
    }
    return sent;
}

leg::moved leg::send_waiting() noexcept
{
    moved sent = send(waiting->pipe);
    if (sent.what != outcome::done) return sent;
    auto& rest = waiting->bytes;
    const bool has_progress = sent.has_progress;
    if (tls || !rest.empty()) sent = send(std::span<const std::uint8_t>(rest));
    sent.has_progress |= has_progress;
    if (sent.what == outcome::blocked)
        rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(sent.count));
    return sent;
}

leg::moved leg::receive_records(std::span<std::uint8_t> room) noexcept
{
    tls::io_result got = tls->read(room);
    // The part of a record that came may hide the end of TCP behind it, of which no event tells again.
    if (got.count == 0 && got.state == tls::io_state::want_read && saw_hangup) got = tls->read(room);
    kept.note(tls->bytes_kept());
    switch (got.state) {
    case tls::io_state::done: return {got.count, outcome::done};
    case tls::io_state::want_read:
    case tls::io_state::want_write: return {got.count, outcome::blocked};
    case tls::io_state::closed: return {0, outcome::ended};
    case tls::io_state::truncated: return {0, outcome::cut};
    case tls::io_state::want_turn:
    case tls::io_state::failed: break;
    }
    return {0, outcome::broken};
}

leg::moved leg::send_records(std::span<const std::uint8_t> data) noexcept
{
    const std::uint64_t before = tls->bytes_sent();
    const tls::io_result sent = tls->write(data);
    kept.note(tls->bytes_kept());
    const bool has_progress = tls->bytes_sent() != before;
    switch (sent.state) {
    case tls::io_state::done: return {sent.count, outcome::done, has_progress};
    case tls::io_state::want_read:
    case tls::io_state::want_write: return {sent.count, outcome::blocked, has_progress};
    case tls::io_state::want_turn:
    case tls::io_state::closed:
    case tls::io_state::truncated:
    case tls::io_state::failed: break;
    }
    return {0, outcome::broken};
}

// poll(2) of a socket without room has the kernel tell when there is some (SOCK_NOSPACE, tcp_poll).
bool leg::takes_bytes() const noexcept
{
    pollfd asked{fd, POLLOUT, 0};
    return ::poll(&asked, 1, 0) != 0;
}

bool leg::finish_sending(ending how) noexcept
{
    if (tls) {
        const tls::io_result sent = how == ending::in_order ? tls->send_close_notify() : tls->write({});
        if (sent.state == tls::io_state::want_write) return false;
    }
    ::shutdown(fd, SHUT_WR);
    return true;
}

void leg::hang_up(ending how) noexcept
{
    if (tls && how == ending::in_order) (void)tls->send_close_notify();
    ::close(fd);
}

void leg::hang_up_by_reset() noexcept
{
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd);
}

} // namespace fairlead::websocket
