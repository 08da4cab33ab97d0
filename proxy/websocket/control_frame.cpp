#include "proxy/websocket/control_frame.hpp"

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

} // namespace

control_frame close_frame(std::uint16_t code, std::string_view reason, masking mask)
{
    reason = cut_at_character(reason);
    const auto payload_size = static_cast<std::uint8_t>(2 + reason.size());
    std::array<std::uint8_t, 4> key{};
    control_frame frame;
    frame.bytes[0] = 0x88;
    frame.bytes[1] = payload_size;
    frame.size = 2;
    if (mask == masking::random_key) {
        frame.bytes[1] |= 0x80;
        tls::random_bytes(std::as_writable_bytes(std::span{key}));
        std::copy(key.begin(), key.end(), frame.bytes.begin() + 2);
        frame.size = 6;
    }
    std::uint8_t* const payload = frame.bytes.data() + frame.size;
    payload[0] = static_cast<std::uint8_t>(code >> 8);
    payload[1] = static_cast<std::uint8_t>(code);
    std::copy(reason.begin(), reason.end(), payload + 2);
    for (std::size_t i = 0; i < payload_size; ++i)
        payload[i] ^= key[i % 4];
    frame.size = static_cast<std::uint8_t>(frame.size + payload_size);
    return frame;
}

} // namespace fairlead::websocket
