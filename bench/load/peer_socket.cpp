#include "bench/load/peer_socket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace fairlead::bench {

std::size_t peer_socket::write_some(std::string_view bytes)
{
    const auto taken = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken >= 0) return static_cast<std::size_t>(taken);
    if (errno == EPIPE || errno == ECONNRESET)
        ended_ = reset_ = true;
    else if (errno != EAGAIN)
        throw std::system_error{errno, std::generic_category(), "send"};
    return 0;
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
    const auto count = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (count > 0) return scratch.first(static_cast<std::size_t>(count));
    if (count == 0)
        ended_ = true;
    else if (errno == ECONNRESET || errno == EPIPE)
        ended_ = reset_ = true;
    else if (errno != EAGAIN)
        throw std::system_error{errno, std::generic_category(), "recv"};
    return {};
}

bool may_hold_more(std::size_t received, std::size_t scratch_size, std::uint32_t epoll_events) noexcept
{
    return received == scratch_size || (received > 0 && (epoll_events & EPOLLRDHUP) != 0);
}

} // namespace fairlead::bench
