// The control frames that the proxy itself puts into a tunnel.
//
// Source: RFC 6455 5.3 (masking, towards the backend), 5.5.1 (Close), 5.5.2 (Ping), 7.4 (codes). Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::websocket {

enum class masking : std::uint8_t
{
    none,
    random_key
};

// One control frame in wire form: 2 bytes of header, 4 of key when masked, up to 125 of payload.
struct control_frame
{
    std::array<std::uint8_t, 131> bytes;
    std::uint8_t size = 0;

    std::span<const std::uint8_t> span() const noexcept { return {bytes.data(), size}; }
};

// A Ping with this payload, at most 125 bytes.
control_frame ping_frame(std::span<const std::uint8_t> payload, masking mask);

// A Close with a code and a reason in UTF-8, cut to 123 bytes at a character's end.
control_frame close_frame(std::uint16_t code, std::string_view reason, masking mask);

} // namespace fairlead::websocket
