// The test's end of connections: the peer of a stream of ours, and listening sockets on loopback.
#pragma once

#include "conf/values.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/stream.hpp"
#include "test/support/event_loop.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::test {

// A non-blocking descriptor, closed by the destructor.
class peer
{
public:
    explicit peer(int fd)
        : fd_(fd)
    {
        REQUIRE(fd >= 0);
    }
    peer(peer&& other) noexcept
        : fd_(std::exchange(other.fd_, -1))
    {}
    ~peer() { close(); }

    int fd() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

    // As much as the kernel takes now; returns how much.
    std::size_t offer(std::string_view bytes)
    {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    void put(std::string_view bytes) { REQUIRE(offer(bytes) == bytes.size()); }

    // What is there now; "<end>" or "<reset>" behind it when nothing more will come.
    std::string take()
    {
        std::string out;
        std::array<char, 65536> block;
        for (;;) {
            const ssize_t count = ::recv(fd_, block.data(), block.size(), 0);
            if (count == 0) return out + "<end>";
            if (count < 0) return errno == ECONNRESET ? out + "<reset>" : out;
            out.append(block.data(), static_cast<std::size_t>(count));
        }
    }

    // Waits for the kernel to have something for take().
    void wait_readable() const
    {
        pollfd ready{fd_, POLLIN, 0};
        REQUIRE(::poll(&ready, 1, 10'000) == 1);
    }

    void end() { ::shutdown(fd_, SHUT_WR); }
    void close()
    {
        if (fd_ >= 0) ::close(release());
    }

private:
    int fd_;
};

inline net::stream adopt(event_loop& loop, int fd)
{
    net::stream out(loop.executor());
    REQUIRE_FALSE(out.assign(fd));
    return out;
}

// A stream of ours and the test's end of it, over a pair of Unix sockets.
struct link
{
    explicit link(event_loop& loop)
        : link(loop, pair())
    {}

    net::stream ours;
    peer theirs;

private:
    link(event_loop& loop, std::array<int, 2> fds)
        : ours(adopt(loop, fds[0]))
        , theirs(fds[1])
    {}

    static std::array<int, 2> pair()
    {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
        return fds;
    }
};

// A listening socket; its address has a port that nobody else uses.
class listener
{
public:
    explicit listener(const char* ip = "127.0.0.1", int backlog = 16)
        : listener(net::to_socket_address(conf::parse_ip_address(ip).value(), 0), backlog)
    {}
    explicit listener(const net::socket_address& local, int backlog = 16)
        : socket_(::socket(local.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        REQUIRE(::bind(socket_.fd(), local.data(), local.size) == 0);
        REQUIRE(::listen(socket_.fd(), backlog) == 0);
    }

    net::socket_address address() const { return net::local_of(socket_.fd()); }
    std::uint16_t port() const { return net::port_of(address()); }

    peer accept() const
    {
        socket_.wait_readable();
        return peer(::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }
    bool has_client() const
    {
        pollfd ready{socket_.fd(), POLLIN, 0};
        return ::poll(&ready, 1, 0) == 1;
    }
    void close() { socket_.close(); }

private:
    peer socket_;
};

// A client that has begun to connect, blocking or not as the listener lets it.
inline peer connect_to(const net::socket_address& remote)
{
    peer out(::socket(remote.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const bool has_begun = ::connect(out.fd(), remote.data(), remote.size) == 0 || errno == EINPROGRESS;
    REQUIRE(has_begun);
    return out;
}

// The same as link, over TCP.
struct tcp_link
{
    explicit tcp_link(event_loop& loop)
        : tcp_link(loop, listener())
    {}

    peer theirs;
    net::stream ours;

private:
    tcp_link(event_loop& loop, const listener& at)
        : theirs(connect_to(at.address()))
        , ours(adopt(loop, at.accept().release()))
    {}
};

} // namespace fairlead::test
