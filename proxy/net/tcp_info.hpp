// What the kernel knows of a TCP connection (tcp(7), TCP_INFO).
#pragma once

#include <cstdint>
#include <optional>

namespace fairlead::net {

// Bytes of ours that the peer's kernel has acknowledged since the connection began (RFC 4898
// tcpEStatsAppHCThruOctetsAcked), and one more for the SYN; nothing for other sockets.
std::optional<std::uint64_t> bytes_acknowledged(int fd) noexcept;

} // namespace fairlead::net
