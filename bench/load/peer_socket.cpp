#include "bench/load/peer_socket.hpp"

#include <openssl/err.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace fairlead::bench {

void peer_socket::stopped_by(const char* what, int error)
{
    if (error == EPIPE || error == ECONNRESET)
        ended_ = reset_ = true;
    else if (error != EAGAIN)
        throw std::system_error{error, std::generic_category(), what};
}

void peer_socket::stopped_by_tls(const char* what)
{
    const int error = errno;
    switch (SSL_get_error(tls_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return;
    case SSL_ERROR_ZERO_RETURN: ended_ = true; return;
    case SSL_ERROR_SYSCALL: stopped_by(what, error == 0 ? ECONNRESET : error); return;
    default: throw std::runtime_error{std::string{what} + ": " + tls_reason()};
    }
}

std::size_t peer_socket::write_some(std::string_view bytes)
{
    if (tls_) return write_records(bytes);
    const auto taken = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken >= 0) return static_cast<std::size_t>(taken);
    stopped_by("send", errno);
    return 0;
}

std::size_t peer_socket::write_records(std::string_view bytes)
{
    std::size_t sum = 0;
    while (sum < bytes.size()) {
        std::size_t taken = 0;
        ERR_clear_error();
        errno = 0;
        if (SSL_write_ex(tls_.get(), bytes.data() + sum, bytes.size() - sum, &taken) != 1) {
            stopped_by_tls("SSL_write");
            break;
        }
        sum += taken;
    }
    return sum;
}

void peer_socket::send(std::string_view bytes)
{
    const std::size_t taken = has_unsent() ? 0 : write_some(bytes);
    unsent_.append(bytes.substr(taken));
}

void peer_socket::flush()
{
    if (!has_unsent()) return;
    sent_ += write_some(std::string_view{unsent_}.substr(sent_));
    if (has_unsent()) return;
    unsent_ = {}; // gives the memory back: thousands of idle connections live beside each other
    sent_ = 0;
}

std::span<char> peer_socket::receive(std::span<char> scratch)
{
    if (tls_) return read_records(scratch);
    const auto count = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (count > 0) return scratch.first(static_cast<std::size_t>(count));
    if (count == 0)
        ended_ = true;
    else
        stopped_by("recv", errno);
    return {};
}

// As much as there is, up to the end of scratch: OpenSSL gives one record at a time.
std::span<char> peer_socket::read_records(std::span<char> scratch)
{
    std::size_t sum = 0;
    while (sum < scratch.size()) {
        std::size_t count = 0;
        ERR_clear_error();
        errno = 0;
        if (SSL_read_ex(tls_.get(), scratch.data() + sum, scratch.size() - sum, &count) != 1) {
            stopped_by_tls("SSL_read");
            break;
        }
        sum += count;
    }
    return scratch.first(sum);
}

bool peer_socket::may_hold_more(std::size_t received, std::size_t scratch_size,
                                std::uint32_t epoll_events) const noexcept
{
    if (tls_) return received == scratch_size; // otherwise it has read until there was no more
    // A short read proves the socket drained, but an end that was announced together with data raises no
    // second edge.
    return received == scratch_size || (received > 0 && (epoll_events & EPOLLRDHUP) != 0);
}

} // namespace fairlead::bench
