#include "proxy/websocket/frame_check.hpp"

namespace fairlead::websocket {
namespace {

constexpr std::uint64_t most_of_control = 125;
constexpr std::uint8_t last_data_opcode = 2;
constexpr std::uint8_t last_control_opcode = 10;

std::uint64_t read_number(std::span<const std::uint8_t> in) noexcept
{
    std::uint64_t value = 0;
    for (const std::uint8_t byte : in)
        value = value << 8 | byte;
    return value;
}

bool breaks_protocol(const frame_start& frame, const frame_context& where) noexcept
{
    const auto code = static_cast<std::uint8_t>(frame.code);
    if (frame.is_masked != where.is_from_client) return true;
    if (frame.is_control())
        return code > last_control_opcode || !frame.is_final || frame.length > most_of_control ||
               frame.reserved != 0 || (frame.code == opcode::close && frame.length == 1);
    const bool is_continuation = frame.code == opcode::continuation;
    const std::uint8_t allowed = is_continuation ? std::uint8_t{0} : where.reserved;
    return code > last_data_opcode || is_continuation != where.in_message || (frame.reserved & ~allowed) != 0;
}

} // namespace

std::optional<frame_start> read_frame_start(std::span<const std::uint8_t> in) noexcept
{
    if (in.size() < 2) return std::nullopt;
    frame_start out;
    out.is_final = (in[0] & 0x80) != 0;
    out.reserved = in[0] >> 4 & 7;
    out.code = static_cast<opcode>(in[0] & 0x0f);
    out.is_masked = (in[1] & 0x80) != 0;
    out.length = in[1] & 0x7f;
    const std::size_t more = out.length == 127 ? 8 : out.length == 126 ? 2 : 0;
    const std::size_t size = 2 + more + (out.is_masked ? 4 : 0);
    if (in.size() < size) return std::nullopt;
    if (more != 0) {
        out.length = read_number(in.subspan(2, more));
        const std::uint64_t least = more == 2 ? 126 : 65'536;
        out.is_length_proper = out.length >= least && out.length >> 63 == 0;
    }
    if (out.is_masked) out.key = static_cast<std::uint32_t>(read_number(in.subspan(2 + more, 4)));
    out.size = static_cast<std::uint8_t>(size);
    return out;
}

std::uint16_t read_close_code(const frame_start& frame, std::span<const std::uint8_t> payload) noexcept
{
    return static_cast<std::uint16_t>(read_number(payload.first(2)) ^ frame.key >> 16);
}

bool is_sendable(std::uint16_t close_code) noexcept
{
    return (close_code >= 1000 && close_code <= 1003) || (close_code >= 1007 && close_code <= 1014) ||
           (close_code >= 3000 && close_code <= 4999);
}

frame_fault judge(const frame_start& frame, const frame_rules& rules, const frame_context& where) noexcept
{
    if (rules.is_off()) return frame_fault::none;
    if (frame.length >> 63 != 0) return frame_fault::protocol;
    if (rules.enforce && (!frame.is_length_proper || breaks_protocol(frame, where)))
        return frame_fault::protocol;
    if (frame.is_control()) return frame_fault::none;
    if (rules.max_frame != 0 && frame.length > rules.max_frame) return frame_fault::frame_too_big;
    const std::uint64_t before = frame.code == opcode::continuation ? where.message_bytes : 0;
    if (rules.max_message != 0 &&
        (frame.length > rules.max_message || before > rules.max_message - frame.length))
        return frame_fault::message_too_big;
    return frame_fault::none;
}

} // namespace fairlead::websocket
