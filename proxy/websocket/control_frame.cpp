#include "proxy/websocket/control_frame.hpp"

#include "proxy/websocket/frame_scanner.hpp"
#include "tls/digest.hpp"

#include <algorithm>

namespace fairlead::websocket {
namespace {

constexpr std::size_t max_reason_bytes = 123; // 125 less the code

std::string_view cut_at_character(std::string_view text)
{
    if (text.size() <= max_reason_bytes) return text;
    std::size_t size = max_reason_bytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
        --size;
    return text.substr(0, size);
}

control_frame make_frame(opcode code, std::span<const std::uint8_t> payload, masking mask)
{
    std::array<std::uint8_t, 4> key{};
    control_frame frame;
    frame.bytes[0] = static_cast<std::uint8_t>(0x80 | static_cast<std::uint8_t>(code));
    frame.bytes[1] = static_cast<std::uint8_t>(payload.size());
    frame.size = 2;
    if (mask == masking::random_key) {
        frame.bytes[1] |= 0x80;
        tls::random_bytes(std::as_writable_bytes(std::span{key}));
        std::copy(key.begin(), key.end(), frame.bytes.begin() + 2);
        frame.size = 6;
    }
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame.bytes[frame.size + i] = payload[i] ^ key[i % 4];
    frame.size = static_cast<std::uint8_t>(frame.size + payload.size());
    return frame;
}

} // namespace

control_frame ping_frame(std::span<const std::uint8_t> payload, masking mask)
{
    return make_frame(opcode::ping, payload, mask);
}

control_frame close_frame(std::uint16_t code, std::string_view reason, masking mask)
{
    reason = cut_at_character(reason);
    std::array<std::uint8_t, 125> payload{static_cast<std::uint8_t>(code >> 8),
                                          static_cast<std::uint8_t>(code)};
    std::copy(reason.begin(), reason.end(), payload.begin() + 2);
    return make_frame(opcode::close, std::span(payload).first(2 + reason.size()), mask);
}

} // namespace fairlead::websocket
