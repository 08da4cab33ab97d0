// What happened to a tunnel before its 101, the first message of each side after it, and when its end began.
//
// 16 bytes: what else there is to tell of its times (the last bytes, pings and pongs) is known already. Pure.
// Thread: none of its own.
#pragma once

#include "proxy/websocket/keepalive.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace fairlead::websocket {

// A time in 16 bits: to the millisecond below 32 s, to the second below 9 hours, else those; or none.
class short_time
{
public:
    short_time() = default;
    explicit short_time(std::chrono::nanoseconds time) noexcept
    {
        const std::int64_t ms =
            std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
        packed_ =
            static_cast<std::uint16_t>(ms < in_seconds ? ms : in_seconds + std::min(ms / 1'000, most_s));
    }

    std::optional<std::chrono::milliseconds> get() const noexcept
    {
        if (packed_ == none) return std::nullopt;
        if (packed_ < in_seconds) return std::chrono::milliseconds(packed_);
        return std::chrono::seconds(packed_ - in_seconds);
    }

private:
    static constexpr std::uint16_t none = 0xffff;
    static constexpr std::uint16_t in_seconds = 0x8000;
    static constexpr std::int64_t most_s = none - in_seconds - 1;

    std::uint16_t packed_ = none;
};

struct timeline
{
    // Before the 101. None: the connection to the backend was there already.
    short_time accepted;
    short_time head_read;
    short_time dialled;
    short_time connected;
    std::array<short_time, 2> first_message; // after the 101, whole, by the side that sent it
    tick_count ending_at = 0;                // of the relay's; 0: it is not ending
};

static_assert(sizeof(timeline) == 16);

} // namespace fairlead::websocket
