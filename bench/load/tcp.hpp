// IPv4 TCP sockets on loopback, non-blocking and with TCP_NODELAY.
//
// An address outside 127.0.0.0/8 is refused, so that a mistyped target never sends load to another machine.
// Errors: std::invalid_argument for an address, std::system_error for a system call.
#pragma once

#include "bench/load/descriptor.hpp"

#include <netinet/in.h>

#include <optional>
#include <string_view>

namespace fairlead::bench {

[[nodiscard]] sockaddr_in parse_loopback_address(std::string_view text); // "127.0.0.1:8080"
[[nodiscard]] descriptor listen_on(const sockaddr_in& address);   // other processes may, too (SO_REUSEPORT)
[[nodiscard]] descriptor accept_from(const descriptor& listener); // not open when nobody waits

// The connection may still be in progress. From `source`, or from what the kernel chooses; the port is its
// choice.
[[nodiscard]] descriptor connect_to(const sockaddr_in& address,
                                    const std::optional<sockaddr_in>& source = std::nullopt);

// The later close sends a RST instead of a FIN, so that neither side keeps a TIME_WAIT entry and its port.
void reset_on_close(const descriptor& socket);

} // namespace fairlead::bench
