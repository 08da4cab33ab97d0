#include "bench/load/frame.hpp"

#include "bench/load/http_head.hpp"

#include <cstring>

namespace fairlead::bench {

namespace {

constexpr unsigned char final_bit = 0x80;
constexpr unsigned char mask_bit = 0x80;

unsigned char byte_at(std::string_view bytes, std::size_t index)
{
    return static_cast<unsigned char>(bytes[index]);
}

void append_header(std::string& to, opcode kind, std::size_t payload_bytes, unsigned char mask)
{
    to += static_cast<char>(final_bit | static_cast<unsigned char>(kind));
    const int length_bytes = payload_bytes < 126 ? 0 : payload_bytes < 65536 ? 2 : 8;
    const std::size_t short_length = length_bytes == 0 ? payload_bytes : length_bytes == 2 ? 126 : 127;
    to += static_cast<char>(mask | short_length);
    for (int i = length_bytes; i-- > 0;)
        to += static_cast<char>(payload_bytes >> (8 * i));
}

} // namespace

void append_frame_header(std::string& to, opcode kind, std::size_t payload_bytes)
{
    append_header(to, kind, payload_bytes, 0);
}

std::string masked_frame(opcode kind, std::string_view payload)
{
    std::string frame;
    append_header(frame, kind, payload.size(), mask_bit);
    frame.append(client_mask.data(), client_mask.size());
    const std::size_t header_bytes = frame.size();
    frame.resize(header_bytes + payload.size());
    apply_mask(client_mask, payload, frame.data() + header_bytes);
    return frame;
}

std::optional<masked_header> parse_masked_header(std::string_view bytes)
{
    if (bytes.size() < 2) return std::nullopt;
    const auto kind = static_cast<opcode>(byte_at(bytes, 0) & 0x0fU);
    if ((byte_at(bytes, 0) & 0xf0U) != final_bit || (kind != opcode::binary && kind != opcode::close))
        throw verification_error{"an unexpected frame type reached the backend"};
    if ((byte_at(bytes, 1) & mask_bit) == 0)
        throw verification_error{"an unmasked frame reached the backend"};

    std::uint64_t length = byte_at(bytes, 1) & 0x7fU;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    const std::size_t header_bytes = 2 + length_bytes + sizeof(mask_key);
    if (bytes.size() < header_bytes) return std::nullopt;
    if (length_bytes > 0) length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i)
        length = length << 8U | byte_at(bytes, 2 + i);
    if (length > max_payload_bytes) throw verification_error{"a frame larger than any that was sent"};

    masked_header header{.kind = kind, .header_bytes = header_bytes, .payload_bytes = length, .key = {}};
    std::memcpy(header.key.data(), bytes.data() + 2 + length_bytes, sizeof(mask_key));
    return header;
}

void apply_mask(mask_key key, std::string_view payload, char* to)
{
    std::uint64_t wide = 0;
    std::memcpy(&wide, key.data(), sizeof key);
    std::memcpy(reinterpret_cast<char*>(&wide) + sizeof key, key.data(), sizeof key);

    std::size_t i = 0;
    for (; i + sizeof wide <= payload.size(); i += sizeof wide) {
        std::uint64_t part = 0;
        std::memcpy(&part, payload.data() + i, sizeof part);
        part ^= wide;
        std::memcpy(to + i, &part, sizeof part);
    }
    for (; i < payload.size(); ++i)
        to[i] = static_cast<char>(payload[i] ^ key[i % sizeof key]);
}

} // namespace fairlead::bench
