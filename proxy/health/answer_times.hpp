// How long answers took, counted so that a median can be told within a fifth.
//
// Counts saturate nowhere near a window's answers. Pure: no clock of its own. Size: 324 bytes.
// Thread: add() from any, lock-free; take() from one.
#pragma once

#include "proxy/health/time_buckets.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fairlead::health {

// What is known of the answers of one backend.
struct answer_summary
{
    std::uint64_t count = 0;
    std::chrono::microseconds median{0}; // 0 when there are none
};

class answer_times
{
public:
    void add(std::chrono::nanoseconds took) noexcept;

    // Of what was added since the last time; it begins anew.
    answer_summary take() noexcept;

private:
    std::array<std::atomic<std::uint32_t>, time_buckets::count> counts_{};
};

} // namespace fairlead::health
