// Which local ports the kernel chooses from when it is left to it, and which it keeps from itself.
//
// Source: ip_local_port_range and ip_local_reserved_ports in the kernel's networking/ip-sysctl; they rule
// IPv4 and IPv6 and belong to the network namespace.
#pragma once

#include "conf/port_ranges.hpp"

#include <optional>
#include <string_view>

namespace fairlead::snat {

using conf::port_range;

std::optional<port_range> parse_port_range(std::string_view text); // "32768\t60999\n"

// Reads them from /proc/sys/net/ipv4; the kernel's defaults for what cannot be read. Blocking, for start and
// reload.
conf::host_ports read_host_ports();

} // namespace fairlead::snat
