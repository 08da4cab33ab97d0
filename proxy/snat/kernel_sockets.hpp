// The TCP sockets of this network namespace as the kernel lists them, of every process.
//
// A list is no snapshot: the kernel walks its tables while sockets come and go. It tells who is where, not
// whose it is: that is reconciliation.hpp.
// Cost: a list walks the whole table of connections, 20 to 50 ms on a machine with much memory, and some
// microseconds for each socket that passes the filter; find() costs about 3 us. Both block: not for a worker.
// Lifetime: owns one descriptor. Thread: one at a time.
// Errors: what socket(2), send(2), recv(2) and the kernel's answer say; no capability is needed. An answer
// that does not come within two seconds is ETIMEDOUT.
// Source: sock_diag(7); linux/inet_diag.h.
#pragma once

#include "proxy/snat/tuple_space.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fairlead::snat {

enum class socket_stage : std::uint8_t
{
    bound, // to a port, and no more
    listening,
    connected, // from SYN_SENT to the last acknowledgement
    time_wait  // also what waits in the same way for the peer's FIN
};

struct kernel_socket
{
    conf::ip_address source;       // IPv4 inside IPv6 comes out as IPv4; all zero: every address
    std::uint16_t port = 0;        // host byte order
    tuple_destination destination; // port 0: none
    socket_stage stage = socket_stage::connected;

    bool operator==(const kernel_socket&) const = default;
};

// What a list is to hold. An empty `sources` is every one, and so are more than most_filtered_sources.
struct socket_filter
{
    std::vector<conf::cidr> sources;
    conf::port_ranges ports; // at least one
};

inline constexpr std::size_t most_filtered_sources = 64;

// The filter as the kernel's own little program (INET_DIAG_REQ_BYTECODE); exposed for its tests.
std::vector<std::byte> filter_program(const socket_filter& filter);

class kernel_sockets
{
public:
    static boost::system::result<kernel_sockets> open();
    kernel_sockets(kernel_sockets&& other) noexcept;
    kernel_sockets& operator=(kernel_sockets&&) = delete;
    ~kernel_sockets();

    // Adds to `out` the sockets that are bound or connected, or that listen; none twice but by its moving
    // while the kernel walks.
    boost::system::error_code list_connections(const socket_filter& filter, std::vector<kernel_socket>& out);
    boost::system::error_code list_listeners(const conf::port_ranges& ports, std::vector<kernel_socket>& out);

    // The stage of the one socket with this tuple; `bound` when there is none that is connected or waits.
    boost::system::result<socket_stage> find(const conf::ip_address& source, std::uint16_t port,
                                             const tuple_destination& destination);

private:
    struct query;

    explicit kernel_sockets(int fd) noexcept
        : fd_(fd)
    {}

    boost::system::error_code list(const query& what, std::vector<kernel_socket>& out);
    boost::system::error_code send(const query& what, std::uint16_t flags);
    boost::system::error_code receive(std::span<const std::byte>& datagram);

    int fd_;
    std::uint32_t sequence_ = 0;
    std::vector<std::byte> buffer_;
};

} // namespace fairlead::snat
