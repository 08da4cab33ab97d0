// Opens the sockets that workers accept from.
//
// Each worker has a socket of its own per address (SO_REUSEPORT), so the kernel spreads connections and no
// worker wakes for another's. A Unix socket has one queue: its descriptor is duplicated. Opened once and kept
// over reloads: closing a listening socket resets what waits in its queue.
// Errors: boost::system::system_error that names the address. Thread: the main thread.
#pragma once

#include "conf/values.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fairlead::server {

// A descriptor that is closed by its owner's end.
class owned_fd
{
public:
    explicit owned_fd(int fd) noexcept
        : fd_(fd)
    {}
    owned_fd(owned_fd&& other) noexcept
        : fd_(other.release())
    {}
    owned_fd& operator=(owned_fd&& other) noexcept;
    ~owned_fd();

    int get() const noexcept { return fd_; }
    int release() noexcept;

private:
    int fd_;
};

// `count` listening, non-blocking descriptors for the address.
// `may_be_taken`: another address of this process has the port, or another of its replicas on this machine
// (source.replica) listens here too, so finding it taken means nothing.
std::vector<owned_fd> open_listening_sockets(const conf::endpoint& address, std::size_t count,
                                             std::uint32_t backlog, bool may_be_taken = false);

// One for a Unix socket whose file has that mode from its first moment on, whatever the umask is.
owned_fd open_private_socket(const conf::endpoint& address, std::uint32_t mode, std::uint32_t backlog);

} // namespace fairlead::server
