#include "proxy/websocket/pong_finder.hpp"

#include <algorithm>
#include <cstring>

namespace fairlead::websocket {
namespace {

constexpr std::uint8_t fin = 0x80;
constexpr std::uint8_t masked = 0x80;
constexpr std::uint8_t opcode_mask = 0x0f;
constexpr std::uint8_t control = 0x08;
constexpr std::uint8_t close_opcode = 0x8;
constexpr std::uint8_t pong_opcode = 0xa;
constexpr std::uint8_t longest_control = 125;

bool is_known(std::uint8_t opcode) noexcept { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

} // namespace

std::size_t pong_finder::header_size() const noexcept
{
    if (header_filled_ < 2) return 2;
    const std::uint8_t length = header_[1] & 0x7f;
    return length == 127 ? 10 : length == 126 ? 4 : 2;
}

pong_search pong_finder::on_header() noexcept
{
    const std::uint8_t opcode = header_[0] & opcode_mask;
    const std::uint8_t length = header_[1] & 0x7f;
    const bool is_control = (opcode & control) != 0;
    if ((header_[1] & masked) != 0 || !is_known(opcode)) return pong_search::wrong;
    if (is_control && ((header_[0] & fin) == 0 || length > longest_control)) return pong_search::wrong;
    left_ = length;
    if (length >= 126) {
        left_ = 0;
        for (std::size_t i = 2; i < header_size(); ++i)
            left_ = left_ << 8 | header_[i];
    }
    header_filled_ = 0;
    payload_filled_ = 0;
    is_in_payload_ = true;
    return pong_search::going_on;
}

pong_search pong_finder::on_control_end() noexcept
{
    const std::uint8_t opcode = header_[0] & opcode_mask;
    if (opcode == close_opcode) {
        if (payload_filled_ >= 2) close_code_ = static_cast<std::uint16_t>(payload_[0] << 8 | payload_[1]);
        return pong_search::closed;
    }
    const bool is_ours = opcode == pong_opcode && payload_filled_ == sent_.size() &&
                         std::memcmp(payload_.data(), sent_.data(), sent_.size()) == 0;
    return is_ours ? pong_search::found : pong_search::going_on;
}

pong_search pong_finder::on(std::span<const std::uint8_t> bytes) noexcept
{
    for (;;) {
        if (!is_in_payload_) {
            while (header_filled_ < header_size() && !bytes.empty()) {
                header_[header_filled_++] = bytes.front();
                bytes = bytes.subspan(1);
            }
            if (header_filled_ < header_size()) return pong_search::going_on;
            if (on_header() == pong_search::wrong) return pong_search::wrong;
        }
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        const bool is_control = (header_[0] & control) != 0;
        if (is_control) {
            std::copy_n(bytes.begin(), count, payload_.begin() + payload_filled_);
            payload_filled_ += count;
        }
        left_ -= count;
        bytes = bytes.subspan(count);
        if (left_ != 0) return pong_search::going_on;
        is_in_payload_ = false;
        if (!is_control) continue;
        if (const pong_search end = on_control_end(); end != pong_search::going_on) return end;
    }
}

} // namespace fairlead::websocket
