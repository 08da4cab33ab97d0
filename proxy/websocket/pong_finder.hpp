// Looks for one pong in what a server sends after its 101: the proof that somebody reads and answers there.
//
// Whatever else comes first is passed over: data, pings, other pongs; nothing is answered. A Close, or a
// frame that a server must not send, ends the search. Holds no more than a header and the payload of one
// control frame. Source: RFC 6455 5.2, 5.5. Thread: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fairlead::websocket {

enum class pong_search : std::uint8_t
{
    going_on,
    found,
    closed, // the server sent a Close
    wrong   // masked, a reserved opcode, or a control frame that is long or in pieces
};

class pong_finder
{
public:
    using ping_payload = std::array<std::uint8_t, 8>;

    explicit pong_finder(const ping_payload& sent) noexcept
        : sent_(sent)
    {}

    // The bytes that follow those of the last call; after another answer than going_on there is no next call.
    pong_search on(std::span<const std::uint8_t> bytes) noexcept;

    std::uint16_t close_code() const noexcept { return close_code_; } // 0: none was given

private:
    pong_search on_header() noexcept;
    pong_search on_control_end() noexcept;
    std::size_t header_size() const noexcept;

    ping_payload sent_;
    std::array<std::uint8_t, 10> header_{};
    std::size_t header_filled_ = 0;
    std::uint64_t left_ = 0;                  // of the payload
    std::array<std::uint8_t, 125> payload_{}; // of a control frame
    std::size_t payload_filled_ = 0;
    std::uint16_t close_code_ = 0;
    bool is_in_payload_ = false;
};

} // namespace fairlead::websocket
