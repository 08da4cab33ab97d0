#include "bench/load/tcp.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string>
#include <system_error>

namespace fairlead::bench {

namespace {

constexpr int listen_backlog = 4096;

[[noreturn]] void throw_errno(const char* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

void set_option(int fd, int level, int name)
{
    const int on = 1;
    if (::setsockopt(fd, level, name, &on, sizeof on) != 0) throw_errno("setsockopt");
}

descriptor open_socket()
{
    descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket.is_open()) throw_errno("socket");
    return socket;
}

} // namespace

sockaddr_in parse_loopback_address(std::string_view text)
{
    const auto colon = text.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::uint16_t port = 0;
    if (colon == std::string_view::npos ||
        ::inet_pton(AF_INET, std::string{text.substr(0, colon)}.c_str(), &address.sin_addr) != 1 ||
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), port).ec != std::errc{} ||
        port == 0)
        throw std::invalid_argument{"not an address like 127.0.0.1:8080: " + std::string{text}};
    if ((ntohl(address.sin_addr.s_addr) >> 24U) != 127)
        throw std::invalid_argument{"not a loopback address: " + std::string{text}};
    address.sin_port = htons(port);
    return address;
}

descriptor listen_on(const sockaddr_in& address)
{
    descriptor socket = open_socket();
    set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw_errno("bind");
    if (::listen(socket.get(), listen_backlog) != 0) throw_errno("listen");
    return socket;
}

descriptor accept_from(const descriptor& listener)
{
    descriptor socket{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (socket.is_open())
        set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    else if (errno != EAGAIN && errno != ECONNABORTED)
        throw_errno("accept4");
    return socket;
}

descriptor connect_to(const sockaddr_in& address, const std::optional<sockaddr_in>& source)
{
    descriptor socket = open_socket();
    set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    if (source) {
        set_option(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*source), sizeof *source) != 0)
            throw_errno("bind");
    }
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS)
        throw_errno("connect");
    return socket;
}

void reset_on_close(const descriptor& socket)
{
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0)
        throw_errno("SO_LINGER");
}

} // namespace fairlead::bench
