// Judges a frame by its first bytes, before any of it goes on: too large for a limit, or against RFC 6455.
//
// A frame that is refused leaves the other side's stream between two frames, so that a Close can follow.
// It keeps no state and copies nothing; sizes are those on the wire, so of compressed messages the compressed
// ones. Thread: any. Source: RFC 6455 5.1 to 5.5, 7.4, 10.4 (limits).
#pragma once

#include "proxy/websocket/frame_scanner.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace fairlead::websocket {

struct frame_start
{
    std::uint64_t length = 0; // of the payload
    std::uint32_t key = 0;    // masking key, first byte highest; 0 without one
    opcode code = opcode::continuation;
    std::uint8_t reserved = 0; // RSV1 is 4, RSV2 2, RSV3 1
    std::uint8_t size = 0;     // of the header
    bool is_final = false;
    bool is_masked = false;
    bool is_length_proper = true; // in the fewest bytes, and below 2^63

    bool is_control() const noexcept { return (static_cast<std::uint8_t>(code) & 8) != 0; }
};

inline constexpr std::size_t longest_frame_start = 14;

// Nothing when `in` ends within the header.
std::optional<frame_start> read_frame_start(std::span<const std::uint8_t> in) noexcept;

// The two bytes of a Close's code, unmasked; `payload` has them.
std::uint16_t read_close_code(const frame_start& frame, std::span<const std::uint8_t> payload) noexcept;

// Codes that may stand in a frame: 1000 to 1003, 1007 to 1014, 3000 to 4999.
bool is_sendable(std::uint16_t close_code) noexcept;

struct frame_rules
{
    std::uint64_t max_frame = 0;   // payload bytes of a data frame; 0: any
    std::uint64_t max_message = 0; // of all frames of a message; 0: any
    bool enforce = false;          // the protocol, too

    bool is_off() const noexcept { return max_frame == 0 && max_message == 0 && !enforce; }
    bool operator==(const frame_rules&) const = default;
};

// Of the stream that the frame continues.
struct frame_context
{
    bool is_from_client = false;
    bool in_message = false;         // fragments came, not the last
    std::uint64_t message_bytes = 0; // of them
    std::uint8_t reserved = 0;       // bits that an agreed extension may set on a message's first frame
};

enum class frame_fault : std::uint8_t
{
    none,
    protocol,       // 1002
    frame_too_big,  // 1009
    message_too_big // 1009
};

// A length that cannot be is a fault under any rule: no limit could be kept behind it.
frame_fault judge(const frame_start& frame, const frame_rules& rules, const frame_context& where) noexcept;

} // namespace fairlead::websocket
