// What the kernel knows of a TCP connection (tcp(7), TCP_INFO).
#pragma once

#include <cstdint>
#include <optional>

namespace fairlead::net {

// Bytes of ours that the peer's kernel has acknowledged since the connection began (RFC 4898
// tcpEStatsAppHCThruOctetsAcked), and one more for the SYN; nothing for other sockets.
std::optional<std::uint64_t> bytes_acknowledged(int fd) noexcept;

struct tcp_state_now
{
    std::uint8_t state = 0;      // TCP_ESTABLISHED, TCP_CLOSE_WAIT... of <netinet/tcp.h>
    bool has_timestamps = false; // both sides use them (RFC 7323)
};

std::optional<tcp_state_now> tcp_state(int fd) noexcept; // nothing for other sockets

struct accept_queue
{
    std::uint32_t waiting = 0; // connections that are established and not accepted
    std::uint32_t limit = 0;
    std::uint64_t drops = 0; // segments of new ones that found it full, or no memory (SO_MEMINFO)
};

std::optional<accept_queue> accept_queue_of(int listening_fd) noexcept; // nothing for other sockets

std::uint32_t tcp_round_trip_us(int fd) noexcept;    // smoothed; 0: not known, or no TCP
std::uint64_t unacknowledged_bytes(int fd) noexcept; // of what was written (tcp(7), SIOCOUTQ)

} // namespace fairlead::net
