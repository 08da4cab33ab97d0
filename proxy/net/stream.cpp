#include "proxy/net/stream.hpp"

#include "tls/octets.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace fairlead::net {
namespace {

error_code of(int number) noexcept { return {number, boost::system::system_category()}; }
error_code tls_failed() noexcept { return of(EPROTO); }

bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK; }

// Takes `count` bytes from the front.
void advance(stream::pieces& bytes, std::size_t count) noexcept
{
    for (std::string_view& piece : bytes) {
        const std::size_t take = std::min(piece.size(), count);
        piece.remove_prefix(take);
        count -= take;
    }
}

// Up to here a copy costs less than the kernel's look at a message header with several addresses.
constexpr std::size_t most_to_copy = 2048;

ssize_t send_small(int socket, const stream::pieces& bytes, std::size_t size) noexcept
{
    std::array<char, most_to_copy> together;
    char* end = together.data();
    for (const std::string_view piece : bytes) {
        if (piece.size() == size) return ::send(socket, piece.data(), size, MSG_NOSIGNAL);
        end = std::copy(piece.begin(), piece.end(), end);
    }
    return ::send(socket, together.data(), size, MSG_NOSIGNAL);
}

ssize_t send_gathered(int socket, const stream::pieces& bytes) noexcept
{
    std::array<iovec, std::tuple_size_v<stream::pieces>> vectors;
    msghdr message{};
    message.msg_iov = vectors.data();
    for (const std::string_view piece : bytes) {
        if (!piece.empty()) vectors[message.msg_iovlen++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

} // namespace

task<error_code> stream::secure(std::unique_ptr<tls::connection>& with, handshake_gate& gate,
                                const deadline* limit, handshake_gate::slot* served)
{
    for (;;) {
        co_await gate.turn(with->has_long_step());
        if (is_over(limit)) co_return error_code(asio::error::operation_aborted);
        const tls::io_state state = co_await step(*with, gate, limit);
        if (is_over(limit)) co_return error_code(asio::error::operation_aborted);
        if (state == tls::io_state::done) {
            tls_ = std::move(with);
            co_return error_code();
        }
        if (state == tls::io_state::want_turn) continue;
        const bool waits = state == tls::io_state::want_read || state == tls::io_state::want_write;
        if (!waits) co_return tls_failed();
        const auto what = state == tls::io_state::want_read ? channel::wait_read : channel::wait_write;
        if (served != nullptr) served->lend();
        socket_.look_again();
        const auto [error] = co_await socket_.async_wait(what, as_result);
        if (served != nullptr) served->take_back();
        if (error) co_return error;
    }
}

// One that is over when it comes back is not touched any more.
task<tls::io_state> stream::step(tls::connection& of, handshake_gate& gate, const deadline* limit)
{
    if (!of.has_long_step()) co_return of.handshake_to_signature().state;
    handshake_thread* const beside = gate.beside();
    if (beside == nullptr) co_return of.handshake().state;
    if (const auto end = of.take_in()) co_return end->state;
    const tls::io_result told = co_await beside->compute(of);
    gate.note_room();
    if (is_over(limit)) co_return told.state;
    co_return of.hand_out(told).state;
}

// A limit is told once, and nothing of the socket was waited for.
bool stream::is_over(const deadline* limit) const noexcept
{
    return !socket_.is_open() || (limit != nullptr && limit->expired());
}

task<error_code> stream::connected()
{
    socket_.note_no_room();
    socket_.note_no_more_to_read(); // nothing can have come: the first read need not ask
    const auto [error] = co_await socket_.async_wait(channel::wait_write, as_result);
    if (error) co_return error;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    co_return of(failure);
}

read_result stream::try_read(std::span<char> into) noexcept
{
    const attempt got = try_read_from(into);
    return {got.count, got.error};
}

stream::attempt stream::try_read_from(std::span<char> into) noexcept
{
    if (tls_) return read_records(into);
    if (!socket_.can_read()) return {0, asio::error::would_block};
    const ssize_t count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (count > 0 && static_cast<std::size_t>(count) < into.size()) socket_.note_short_read();
    if (count > 0) return {static_cast<std::size_t>(count), {}};
    if (count == 0) return {0, asio::error::eof};
    if (!would_block()) return {0, of(errno)};
    socket_.note_no_more_to_read();
    return {0, asio::error::would_block};
}

read_result stream::try_read(splice_pipe& into, std::size_t most) noexcept
{
    if (!socket_.can_read()) return {0, asio::error::would_block};
    const auto count = into.take_from(fd(), most);
    if (count > 0) return {static_cast<std::size_t>(count), {}};
    if (count == 0) return {0, asio::error::eof};
    if (!would_block()) return {0, of(errno)};
    socket_.note_no_more_to_read();
    return {0, asio::error::would_block};
}

error_code stream::try_write(splice_pipe& from) noexcept
{
    while (from.held() > 0) {
        const auto count = from.give_to(fd());
        if (count > 0) {
            sent_ += static_cast<std::size_t>(count);
            continue;
        }
        if (count == 0 || !would_block()) return of(count == 0 ? EPIPE : errno);
        socket_.note_no_room();
        return asio::error::would_block;
    }
    return {};
}

task<error_code> stream::wait_writable(deadline& limit, std::chrono::milliseconds timeout)
{
    limit.arm(timeout);
    const error_code error = co_await wait(channel::wait_write);
    limit.disarm();
    co_return error;
}

task<read_result> stream::read_some(std::span<char> into)
{
    for (;;) {
        const attempt got = try_read_from(into);
        if (got.error != asio::error::would_block) co_return read_result{got.count, got.error};
        const error_code error = co_await wait(got.next);
        if (error) co_return read_result{0, error};
    }
}

task<error_code> stream::wait_readable()
{
    if (may_be_readable()) co_return error_code();
    const auto [error] = co_await async_readable(as_result);
    co_return error;
}

// What OpenSSL was told by the kernel nobody knows here.
task<error_code> stream::wait(wait_type what)
{
    if (tls_) socket_.look_again();
    const auto [error] = co_await socket_.async_wait(what, as_result);
    co_return error;
}

error_code stream::try_write(pieces& bytes) noexcept
{
    const attempt sent = send_once(bytes);
    advance(bytes, sent.count);
    is_cut_ = sent.error.failed();
    return sent.error;
}

task<error_code> stream::write(std::string_view bytes)
{
    const pieces one{bytes};
    return write(one);
}

task<error_code> stream::write(pieces bytes)
{
    for (;;) {
        const attempt sent = send_once(bytes);
        advance(bytes, sent.count);
        is_cut_ = sent.error.failed();
        if (sent.error != asio::error::would_block) co_return sent.error;
        const error_code error = co_await wait(sent.next);
        if (error) co_return error;
    }
}

task<error_code> stream::write(pieces bytes, deadline& limit, std::chrono::milliseconds timeout)
{
    for (;;) {
        const attempt sent = send_once(bytes);
        advance(bytes, sent.count);
        is_cut_ = sent.error.failed();
        if (sent.error != asio::error::would_block) co_return sent.error;
        limit.arm(timeout);
        const error_code error = co_await wait(sent.next);
        limit.disarm();
        if (error) co_return error;
    }
}

// All of it, or as much as the kernel takes now.
stream::attempt stream::send_once(const pieces& bytes) noexcept
{
    if (tls_) return write_records(bytes);
    std::size_t size = 0;
    for (const std::string_view piece : bytes)
        size += piece.size();
    const ssize_t sent = size <= most_to_copy ? send_small(fd(), bytes, size) : send_gathered(fd(), bytes);
    const std::size_t count = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    sent_ += count;
    if (sent < 0 && !would_block()) return {0, of(errno)};
    if (sent < 0) socket_.note_no_room();
    return {count, count == size ? error_code() : asio::error::would_block, channel::wait_write};
}

stream::attempt stream::read_records(std::span<char> into) noexcept
{
    const tls::io_result got = tls_->read(tls::as_octets(into));
    if (got.count > 0) return {got.count, {}};
    return attempted(got, false);
}

stream::attempt stream::write_records(const pieces& bytes) noexcept
{
    const tls::io_result sent = tls_->write_pieces(bytes);
    return attempted(sent, true);
}

stream::attempt stream::attempted(const tls::io_result& result, bool is_write) const noexcept
{
    switch (result.state) {
    case tls::io_state::done: return {result.count, {}};
    case tls::io_state::want_read: return {result.count, asio::error::would_block, channel::wait_read};
    case tls::io_state::want_write: return {result.count, asio::error::would_block, channel::wait_write};
    case tls::io_state::closed: return {0, asio::error::eof};
    case tls::io_state::truncated: return {0, truncated};
    case tls::io_state::want_turn:
    case tls::io_state::failed: break;
    }
    const int number = is_write ? tls_->send_error() : tls_->receive_error();
    return {0, number != 0 ? of(number) : tls_failed()};
}

bool stream::is_gone() noexcept
{
    if (tls_) {
        const tls::io_state now = tls_->peek();
        return now != tls::io_state::done && now != tls::io_state::want_read &&
               now != tls::io_state::want_write;
    }
    char byte;
    const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && !would_block());
}

bool stream::has_ended() noexcept
{
    pollfd look{socket_.native_handle(), POLLRDHUP, 0};
    return ::poll(&look, 1, 0) != 0;
}

bool stream::is_readable() noexcept
{
    char byte;
    const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool has_come = count >= 0 || !would_block();
    if (!tls_ || (!has_come && !tls_->has_buffered())) return has_come;
    return tls_->peek() != tls::io_state::want_read; // it may have been a session ticket
}

void stream::cancel() noexcept { socket_.cancel(); }

void stream::shutdown_send() noexcept
{
    say_goodbye();
    if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_WR);
}

void stream::close() noexcept
{
    say_goodbye();
    socket_.close();
}

void stream::close_by_reset() noexcept
{
    const linger at_once{1, 0};
    if (socket_.is_open())
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
}

// What the kernel does not take is not said; nor is an end where there was none.
void stream::say_goodbye() noexcept
{
    if (tls_ && socket_.is_open() && !is_cut_) (void)tls_->send_close_notify();
}

released_stream stream::release()
{
    const int fd = socket_.release();
    return {fd, std::move(tls_)};
}

} // namespace fairlead::net
