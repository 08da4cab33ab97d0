// The local ports the kernel chooses from when it is left to it.
//
// Source: ip_local_port_range in the kernel's networking/ip-sysctl; it rules IPv4 and IPv6 and belongs to the
// network namespace.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::snat {

struct port_range // both ends included; first <= last
{
    std::uint16_t first = 32768; // the kernel's own default
    std::uint16_t last = 60999;

    std::uint32_t count() const noexcept { return std::uint32_t{last} - first + 1; }
    bool operator==(const port_range&) const = default;
};

std::optional<port_range> parse_port_range(std::string_view text); // "32768\t60999\n"

// Reads /proc/sys/net/ipv4/ip_local_port_range; the default when it cannot be read. Blocking, for start-up.
port_range local_port_range();

} // namespace fairlead::snat
