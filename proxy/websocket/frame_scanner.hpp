// Follows the frame headers of one direction of a WebSocket connection without touching its payload.
//
// It keeps 24 bytes of state and no byte of the stream, copies nothing and unmasks nothing but the two bytes
// of a close code. It does not judge: what RFC 6455 forbids is remembered as a violation and followed on, as
// far as the lengths still make sense. Extension data (permessage-deflate) is payload like any other.
//
// Bounds: about 10 ns a frame. Thread: none of its own. Source: RFC 6455 5.2 (framing), 5.4 (fragmentation),
// 5.5
// (control frames), 7.4 (close codes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fairlead::websocket {

enum class opcode : std::uint8_t
{
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xA,
};

struct frame_header
{
    std::uint64_t length = 0; // of the payload
    opcode code = opcode::continuation;
    bool is_final = false;
    bool is_masked = false;
    std::uint8_t reserved = 0; // RSV1 is 4
};

// What the scanner tells its caller, in stream order. Any type with these members will do; this one does
// nothing.
struct ignore_frames
{
    void on_frame(const frame_header&) noexcept {} // a header is complete
    void on_message(bool /*is_text*/, std::uint64_t /*size*/) noexcept {
    }                                                 // the final frame of a message is complete
    void on_close(std::uint16_t /*code*/) noexcept {} // a Close; 1005 when it carries no code
};

class frame_scanner
{
public:
    static constexpr std::uint16_t no_close_code = 1005; // RFC 6455 7.1.5

    // `from_client`: frames must be masked; the other way they must not be (RFC 6455 5.1).
    explicit frame_scanner(bool from_client) noexcept
        : flags_(from_client ? from_client_flag : 0)
    {}

    // Consumes all of `in` and reports what is in it.
    template <class Sink>
    void scan(std::span<const std::uint8_t> in, Sink& sink) noexcept
    {
        const std::uint8_t* at = in.data();
        const std::uint8_t* const end = at + in.size();
        while (at != end)
            at = step(at, end, sink);
    }

    // Consumes up to and including the next end of a frame, at most all of `in`; returns how much. Call it
    // only when
    // !at_boundary(). Check at_boundary() afterwards: it is false when `in` ended first.
    template <class Sink>
    std::size_t scan_to_boundary(std::span<const std::uint8_t> in, Sink& sink) noexcept
    {
        const std::uint8_t* at = in.data();
        const std::uint8_t* const end = at + in.size();
        while (at != end && !at_boundary())
            at = step(at, end, sink);
        return static_cast<std::size_t>(at - in.data());
    }

    // Payload of a data frame to come, which nobody needs to look at; 0 where a header or a control frame is.
    std::uint64_t payload_left() const noexcept { return in_data_frame() ? left_ : 0; }
    // Follows so many bytes of it, from 1 to payload_left(), which went another way.
    template <class Sink>
    void skip(std::uint64_t count, Sink& sink) noexcept
    {
        left_ -= count;
        if (left_ == 0) frame_complete(sink);
    }

    // Between two frames: a control frame may be put in here (RFC 6455 5.4).
    bool at_boundary() const noexcept { return state_ == state::first; }
    bool saw_close() const noexcept { return (flags_ & close_flag) != 0; }
    bool saw_violation() const noexcept { return (flags_ & violation_flag) != 0; }
    bool in_message() const noexcept { return (flags_ & in_message_flag) != 0; } // between fragments
    std::uint64_t message_bytes() const noexcept { return message_; } // of the message that is under way
    bool in_data_frame() const noexcept { return state_ == state::payload && !is_control(); }

private:
    enum class state : std::uint8_t
    {
        first,
        second,
        length,
        key,
        payload,
        close_high,
        close_low,
        lost
    };

    static constexpr std::ptrdiff_t longest_header = 14; // 2 + 8 length + 4 key

    static constexpr std::uint8_t from_client_flag = 1;
    static constexpr std::uint8_t masked_flag = 2;
    static constexpr std::uint8_t in_message_flag = 4;
    static constexpr std::uint8_t text_flag = 8;
    static constexpr std::uint8_t close_flag = 16;
    static constexpr std::uint8_t violation_flag = 32;

    template <class Sink>
    const std::uint8_t* step(const std::uint8_t* at, const std::uint8_t* end, Sink& sink) noexcept;
    template <class Sink>
    const std::uint8_t* whole_header(const std::uint8_t* at, Sink& sink) noexcept;
    template <class Sink>
    void header_complete(Sink& sink) noexcept;
    template <class Sink>
    void frame_complete(Sink& sink) noexcept;
    template <class Sink>
    const std::uint8_t* close_code(const std::uint8_t* at, Sink& sink) noexcept;

    void first_byte(std::uint8_t byte) noexcept;
    void second_byte(std::uint8_t byte) noexcept;
    void length_byte(std::uint8_t byte) noexcept;
    void after_length() noexcept;
    void check_header() noexcept;
    void lose_track() noexcept;

    opcode code() const noexcept { return static_cast<opcode>(byte0_ & 0x0f); }
    bool is_control() const noexcept { return (byte0_ & 0x08) != 0; }
    bool is_final() const noexcept { return (byte0_ & 0x80) != 0; }
    std::uint8_t key_byte(unsigned index) const noexcept
    {
        return static_cast<std::uint8_t>(key_ >> (24 - 8 * index));
    }

    std::uint64_t left_ = 0;    // payload bytes to come; the length so far while it is being read
    std::uint64_t message_ = 0; // payload bytes of the message so far
    std::uint32_t key_ = 0;     // masking key, first byte highest
    std::uint8_t byte0_ = 0;    // FIN, RSV and opcode of the frame
    state state_ = state::first;
    std::uint8_t need_ = 0; // bytes of the length or key to come; the high byte of a close code
    std::uint8_t flags_;
};

static_assert(sizeof(frame_scanner) == 24);

template <class Sink>
inline const std::uint8_t* frame_scanner::step(const std::uint8_t* at, const std::uint8_t* end,
                                               Sink& sink) noexcept
{
    switch (state_) {
    case state::first:
        if (end - at >= longest_header) return whole_header(at, sink);
        first_byte(*at++);
        if (at == end) return at;
        [[fallthrough]];
    case state::second: second_byte(*at++); break;
    case state::length: length_byte(*at++); break;
    case state::key:
        key_ = (key_ << 8) | *at++;
        if (--need_ == 0) state_ = state::payload;
        break;
    case state::payload: {
        const auto have = static_cast<std::uint64_t>(end - at);
        const std::uint64_t take = have < left_ ? have : left_;
        left_ -= take;
        if (left_ == 0) frame_complete(sink);
        return at + take;
    }
    case state::close_high:
    case state::close_low: return close_code(at, sink);
    case state::lost: return end;
    }
    if (state_ == state::payload) header_complete(sink);
    return at;
}

// The common case, without a turn of the machine for each byte.
template <class Sink>
inline const std::uint8_t* frame_scanner::whole_header(const std::uint8_t* at, Sink& sink) noexcept
{
    byte0_ = at[0];
    const std::uint8_t byte1 = at[1];
    at += 2;
    left_ = byte1 & 0x7f;
    if (left_ >= 126) {
        const int count = left_ == 126 ? 2 : 8;
        if (count == 8 && at[0] >= 0x80) {
            lose_track();
            return at;
        }
        left_ = 0;
        for (int i = 0; i < count; ++i)
            left_ = (left_ << 8) | *at++;
    }
    flags_ = static_cast<std::uint8_t>((flags_ & ~masked_flag) | ((byte1 & 0x80) != 0 ? masked_flag : 0));
    if ((flags_ & masked_flag) != 0) {
        key_ = std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
        at += 4;
    }
    state_ = state::payload;
    header_complete(sink);
    return at;
}

template <class Sink>
inline void frame_scanner::header_complete(Sink& sink) noexcept
{
    check_header();
    sink.on_frame(frame_header{left_, code(), is_final(), (flags_ & masked_flag) != 0,
                               static_cast<std::uint8_t>(byte0_ >> 4 & 7)});
    if (!is_control())
        message_ += left_;
    else if (code() == opcode::close && left_ >= 2)
        state_ = state::close_high;
    if (left_ == 0) frame_complete(sink);
}

template <class Sink>
inline void frame_scanner::frame_complete(Sink& sink) noexcept
{
    state_ = state::first;
    if (is_control()) {
        if (code() == opcode::close && (flags_ & close_flag) == 0) {
            flags_ |= close_flag;
            sink.on_close(no_close_code);
        }
        return;
    }
    if (is_final()) {
        sink.on_message((flags_ & text_flag) != 0, message_);
        message_ = 0;
        flags_ &= static_cast<std::uint8_t>(~in_message_flag);
    }
}

template <class Sink>
inline const std::uint8_t* frame_scanner::close_code(const std::uint8_t* at, Sink& sink) noexcept
{
    const bool is_high = state_ == state::close_high;
    const std::uint8_t mask = (flags_ & masked_flag) != 0 ? key_byte(is_high ? 0 : 1) : std::uint8_t{0};
    const auto byte = static_cast<std::uint8_t>(*at ^ mask);
    --left_;
    if (is_high) {
        need_ = byte;
        state_ = state::close_low;
        return at + 1;
    }
    if ((flags_ & close_flag) == 0) {
        flags_ |= close_flag;
        sink.on_close(static_cast<std::uint16_t>(need_ << 8 | byte));
    }
    state_ = state::payload;
    if (left_ == 0) frame_complete(sink);
    return at + 1;
}

inline void frame_scanner::check_header() noexcept
{
    const std::uint8_t op = byte0_ & 0x0f;
    const bool was_in_message = (flags_ & in_message_flag) != 0;
    bool bad = ((flags_ & masked_flag) != 0) != ((flags_ & from_client_flag) != 0);
    bad |= (flags_ & close_flag) != 0; // nothing follows a Close (RFC 6455 5.5.1)
    if (is_control()) {
        bad |= op > 0x0a || !is_final() || left_ > 125;
    } else {
        bad |= op > 0x02 || (op == 0) != was_in_message;
        if (op != 0) {
            message_ = 0;
            flags_ = static_cast<std::uint8_t>(op == 0x01 ? flags_ | text_flag : flags_ & ~text_flag);
        }
        flags_ |= in_message_flag;
    }
    if (bad) flags_ |= violation_flag;
}

} // namespace fairlead::websocket
