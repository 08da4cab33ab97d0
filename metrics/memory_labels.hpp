// The closed sets of label values that are about memory and what is given up for want of it. Part of
// labels.hpp's contract.
#pragma once

#include "metrics/labels.hpp"

#include <cstdint>
#include <string_view>

namespace fairlead::metrics {

// What the memory is for.
enum class memory_kind : std::uint8_t
{
    heads,       // blocks with heads, and with what came behind them
    bodies,      // blocks of bodies under way
    remainders,  // what tunnels hold for a side that does not take it yet
    compression, // encoders
    sessions,    // the connections that speak HTTP themselves, without their blocks
    tunnels,     // the tunnels themselves
    handshakes   // of TLS, under way
};

// What there was too little of.
enum class shortage : std::uint8_t
{
    memory,
    descriptors
};

// What was given up for that.
enum class shed : std::uint8_t
{
    connection, // closed when it came
    request,    // answered with 503
    idle,       // a client's connection that nobody used was closed
    read        // a tunnel's side was left unread until the other could take it
};

std::string_view label(memory_kind value) noexcept;
std::string_view label(shortage value) noexcept;
std::string_view label(shed value) noexcept;

template <>
inline constexpr memory_kind last_of<memory_kind> = memory_kind::handshakes;
template <>
inline constexpr shortage last_of<shortage> = shortage::descriptors;
template <>
inline constexpr shed last_of<shed> = shed::read;

} // namespace fairlead::metrics
