// How much of a long write goes into the next TLS record.
//
// A record can only be read when all of it has come. So the first records after a pause fit a packet each: a
// reader gets to the first bytes after one packet instead of twelve, while TCP's window is still small. When
// that window's worth went out, records are full, which costs the least CPU. Small writes are one record each
// and not counted.
//
// Time is passed in, in milliseconds of a clock that may wrap. Thread: its connection's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fairlead::tls {

class record_sizing
{
public:
    static constexpr std::size_t small_bytes = 1'300;    // with what TLS, TCP and IPv6 add: less than 1,420
    static constexpr std::size_t full_bytes = 16 * 1024; // RFC 8446 5.1
    static constexpr std::uint32_t start_bytes = 10 * small_bytes; // TCP's first window: RFC 6928
    static constexpr std::uint32_t pause_ms = 1'000;

    // Of a write of which `left` bytes are left.
    std::size_t next(std::size_t left, std::uint32_t now_ms) noexcept
    {
        if (left <= small_bytes) return left;
        if (now_ms - last_ms_ >= pause_ms) sent_ = 0;
        last_ms_ = now_ms;
        if (sent_ >= start_bytes) return left < full_bytes ? left : full_bytes;
        sent_ += small_bytes;
        return small_bytes;
    }

private:
    std::uint32_t sent_ = 0; // since the last pause, up to start_bytes
    std::uint32_t last_ms_ = 0;
};

} // namespace fairlead::tls
