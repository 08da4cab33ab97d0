// How much of its weight a backend has while it starts: a tenth at first, then in proportion to the time, all
// of it at the end.
//
// Pure. Thread: any.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace fairlead::health {

inline constexpr std::uint32_t first_share = 10; // per cent

// 10..100 per cent; 100 where `whole` is 0, and else 10 before the beginning.
constexpr std::uint32_t share_after(std::chrono::milliseconds elapsed,
                                    std::chrono::milliseconds whole) noexcept
{
    if (whole.count() <= 0 || elapsed >= whole) return 100;
    const auto part = std::max<std::int64_t>(0, elapsed.count()) * (100 - first_share) / whole.count();
    return first_share + static_cast<std::uint32_t>(part);
}

} // namespace fairlead::health
