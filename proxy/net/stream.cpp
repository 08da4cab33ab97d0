#include "proxy/net/stream.hpp"

#include <boost/asio/error.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace fairlead::net {
namespace {

error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// Takes `count` bytes from the front.
void advance(stream::pieces& bytes, std::size_t count) noexcept
{
    for (std::string_view& piece : bytes) {
        const std::size_t take = std::min(piece.size(), count);
        piece.remove_prefix(take);
        count -= take;
    }
}

bool is_done(const stream::pieces& bytes) noexcept
{
    for (const std::string_view piece : bytes) {
        if (!piece.empty()) return false;
    }
    return true;
}

} // namespace

read_result stream::try_read(std::span<char> into) noexcept
{
    const ssize_t count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (count > 0) return {static_cast<std::size_t>(count), {}};
    if (count == 0) return {0, asio::error::eof};
    return {0, would_block() ? error_code(asio::error::would_block) : last_error()};
}

task<read_result> stream::read_some(std::span<char> into)
{
    for (;;) {
        const read_result got = try_read(into);
        if (got.error != asio::error::would_block) co_return got;
        const auto [error] = co_await socket_.async_wait(socket::wait_read, as_result);
        if (error) co_return read_result{0, error};
    }
}

task<read_result> stream::wait_and_read(std::span<char> into)
{
    for (;;) {
        const auto [error] = co_await socket_.async_wait(socket::wait_read, as_result);
        if (error) co_return read_result{0, error};
        const read_result got = try_read(into);
        if (got.error != asio::error::would_block) co_return got;
    }
}

task<error_code> stream::write(std::string_view bytes)
{
    const pieces one{bytes};
    return write(one);
}

task<error_code> stream::write(pieces bytes)
{
    for (;;) {
        error_code failed;
        advance(bytes, write_now(bytes, failed));
        if (failed || is_done(bytes)) co_return failed;
        const auto [error] = co_await socket_.async_wait(socket::wait_write, as_result);
        if (error) co_return error;
    }
}

task<error_code> stream::write(pieces bytes, deadline& limit, std::chrono::milliseconds timeout)
{
    for (;;) {
        error_code failed;
        advance(bytes, write_now(bytes, failed));
        if (failed || is_done(bytes)) co_return failed;
        limit.arm(timeout);
        const auto [error] = co_await socket_.async_wait(socket::wait_write, as_result);
        limit.disarm();
        if (error) co_return error;
    }
}

std::size_t stream::write_now(pieces& bytes, error_code& error) noexcept
{
    std::array<iovec, std::tuple_size_v<pieces>> vectors;
    std::size_t used = 0;
    for (const std::string_view piece : bytes) {
        if (!piece.empty()) vectors[used++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = used;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (sent >= 0) {
        sent_ += static_cast<std::uint64_t>(sent);
        return static_cast<std::size_t>(sent);
    }
    if (!would_block()) error = last_error();
    return 0;
}

bool stream::is_gone() noexcept
{
    char byte;
    const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && !would_block());
}

bool stream::is_readable() noexcept
{
    char byte;
    const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count >= 0 || !would_block();
}

void stream::cancel() noexcept
{
    error_code ignored;
    socket_.cancel(ignored);
}

void stream::shutdown_send() noexcept
{
    error_code ignored;
    socket_.shutdown(socket::shutdown_send, ignored);
}

void stream::close() noexcept
{
    error_code ignored;
    socket_.close(ignored);
}

void stream::close_by_reset() noexcept
{
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

int stream::release()
{
    // Asio throws when the descriptor cannot be taken out of its reactor; there is no overload that does not.
    try {
        return socket_.release();
    } catch (const boost::system::system_error&) {
        return -1;
    }
}

} // namespace fairlead::net
