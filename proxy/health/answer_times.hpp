// How long answers took, counted so that a median can be told within a fifth.
//
// Four buckets to each doubling, from 64 us to 59 s; what is shorter or longer counts in the first or last.
// Counts saturate nowhere near a window's answers. Pure: no clock of its own. Size: 324 bytes.
// Thread: add() from any, lock-free; take() from one.
#pragma once

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
    static constexpr std::size_t bucket_count = 80;

    std::array<std::atomic<std::uint32_t>, bucket_count> counts_{};
};

} // namespace fairlead::health
