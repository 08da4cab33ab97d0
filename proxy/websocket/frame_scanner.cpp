#include "proxy/websocket/frame_scanner.hpp"

namespace fairlead::websocket {

void frame_scanner::first_byte(std::uint8_t byte) noexcept
{
    byte0_ = byte;
    state_ = state::second;
}

void frame_scanner::second_byte(std::uint8_t byte) noexcept
{
    flags_ = static_cast<std::uint8_t>((byte & 0x80) != 0 ? flags_ | masked_flag : flags_ & ~masked_flag);
    left_ = byte & 0x7f;
    if (left_ < 126) {
        after_length();
        return;
    }
    need_ = left_ == 126 ? 2 : 8;
    left_ = 0;
    state_ = state::length;
}

void frame_scanner::length_byte(std::uint8_t byte) noexcept
{
    const bool is_sign_byte = need_ == 8;
    left_ = (left_ << 8) | byte;
    if (is_sign_byte && byte >= 0x80) {
        lose_track();
        return;
    }
    if (--need_ == 0) after_length();
}

void frame_scanner::after_length() noexcept
{
    if ((flags_ & masked_flag) != 0) {
        need_ = 4;
        key_ = 0;
        state_ = state::key;
        return;
    }
    state_ = state::payload;
}

// The most significant bit of a length must be 0 (RFC 6455 5.2): no boundary can be trusted from here on.
void frame_scanner::lose_track() noexcept
{
    flags_ |= violation_flag;
    state_ = state::lost;
}

} // namespace fairlead::websocket
