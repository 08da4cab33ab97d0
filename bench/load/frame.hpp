// WebSocket frames as the generator and its backend exchange them: final, unfragmented, no extensions.
//
// Pure byte functions without I/O. RFC 6455 5.2 (layout), 5.3 (masking), 5.5.1 (Close).
// Errors: verification_error for a frame that neither side of a run sends.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::bench {

enum class opcode : std::uint8_t
{
    binary = 0x2,
    close = 0x8
};

using mask_key = std::array<char, 4>;

inline constexpr mask_key client_mask{'\x37', '\xfa', '\x21', '\x3d'};
inline constexpr std::string_view normal_closure{"\x03\xe8", 2}; // the payload of a Close with code 1000
inline constexpr std::uint64_t max_payload_bytes = 1024 * 1024;

struct masked_header
{
    opcode kind;
    std::size_t header_bytes;
    std::size_t payload_bytes;
    mask_key key;
};

void append_frame_header(std::string& to, opcode kind, std::size_t payload_bytes); // unmasked
[[nodiscard]] std::string masked_frame(opcode kind, std::string_view payload);

// The header at the start of bytes, or nothing while it is incomplete.
[[nodiscard]] std::optional<masked_header> parse_masked_header(std::string_view bytes);

// Writes payload XOR key to `to`, which has room for it. Masks and unmasks. The payload starts at the key's
// first byte.
void apply_mask(mask_key key, std::string_view payload, char* to);

} // namespace fairlead::bench
