// The two ends of a tunnel, as the proxy sees them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fairlead::websocket {

enum class side : std::uint8_t
{
    client,
    backend
};

inline constexpr std::array both_sides{side::client, side::backend};

constexpr side other(side of) noexcept { return of == side::client ? side::backend : side::client; }
constexpr std::size_t index_of(side which) noexcept { return static_cast<std::size_t>(which); }

} // namespace fairlead::websocket
