// The far end of a connection of the proxy's: what it sends is sent at once, what it got is kept.
#pragma once

#include "test/fuzz/claim.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::fuzz {

class socket_end
{
public:
    explicit socket_end(int fd) noexcept
        : fd_(fd)
    {}
    socket_end(socket_end&& other) noexcept
        : sent(std::move(other.sent))
        , got(std::move(other.got))
        , fd_(std::exchange(other.fd_, -1))
        , has_ended_(other.has_ended_)
    {}
    socket_end& operator=(socket_end&&) = delete;
    ~socket_end() { close(); }

    void send(std::string_view bytes)
    {
        if (fd_ < 0 || bytes.empty()) return;
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) sent.append(bytes.substr(0, static_cast<std::size_t>(count)));
    }

    // Whether there was anything new.
    bool receive()
    {
        if (fd_ < 0 || has_ended_) return false;
        std::array<char, 16 * 1024> block;
        const std::size_t before = got.size();
        for (;;) {
            const ssize_t count = ::recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
            if (count > 0) {
                got.append(block.data(), static_cast<std::size_t>(count));
                continue;
            }
            has_ended_ = count == 0 || (errno != EAGAIN && errno != EINTR);
            return has_ended_ || got.size() != before;
        }
    }

    void end() { ::shutdown(fd_, SHUT_WR); }
    void close()
    {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    bool has_ended() const noexcept { return has_ended_; } // of the other side

    std::string sent;
    std::string got;

private:
    int fd_;
    bool has_ended_ = false;
};

struct socket_pair
{
    int ours = -1; // the proxy's
    int theirs = -1;
};

inline socket_pair connected_pair()
{
    std::array<int, 2> fds{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0,
            "there are descriptors");
    return {fds[0], fds[1]};
}

// The number that the next descriptor gets: the same again when all that were opened since are closed.
inline int lowest_free_descriptor()
{
    const int fd = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
    require(fd >= 0, "there are descriptors");
    ::close(fd);
    return fd;
}

} // namespace fairlead::fuzz
