// An Ethernet address (IEEE 802 MAC-48): where a packet goes on the segment.
//
// A value without I/O. Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace fairlead::npath {

struct link_address
{
    std::array<std::uint8_t, 6> bytes{};

    bool operator==(const link_address&) const = default;
};

std::string to_string(const link_address& address); // "02:00:00:00:00:1f"

} // namespace fairlead::npath
