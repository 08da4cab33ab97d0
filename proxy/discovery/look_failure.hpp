// Why a look for a pool's members gave no list, or not all of it. The words are a label of the metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead::discovery {

enum class look_failure : std::uint8_t
{
    unreadable,     // the file
    invalid,        // the file's text, or an answer that is none
    too_many,       // more than max_members
    no_such_name,   // NXDOMAIN
    no_data,        // the name has no records of this kind
    server_failure, // SERVFAIL or the like of every name server, or none that could be asked
    timeout
};

inline constexpr std::size_t look_failure_count = 7;

std::string_view word_of(look_failure what) noexcept;

using failure_counts = std::array<std::uint64_t, look_failure_count>; // by look_failure

} // namespace fairlead::discovery
