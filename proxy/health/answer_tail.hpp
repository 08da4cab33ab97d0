// How long all but a few of a pool's answers took, told anew while they come in.
//
// A quantile of about the last 4,000 answers, at most a fifth too long: counts are halved when there are so
// many, so that older answers matter less and less. Nothing is told before 100 answers are known. Counts that
// meet a halving may be lost; that is noise. Pure: no clock of its own. Size: 336 bytes.
// Thread: any, lock-free; an answer costs a count, and every 64th a walk over the buckets.
#pragma once

#include "proxy/health/time_buckets.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace fairlead::health {

class answer_tail
{
public:
    // `per_mille` of the answers are at most as long as what current() tells.
    explicit answer_tail(std::uint32_t per_mille) noexcept
        : per_mille_(per_mille)
    {}

    void add(std::chrono::nanoseconds took) noexcept;

    std::chrono::microseconds current() const noexcept // 0: not known yet
    {
        return std::chrono::microseconds(current_us_.load(std::memory_order_relaxed));
    }

private:
    static constexpr std::uint32_t between_walks = 64;
    static constexpr std::uint32_t least_known = 100;
    static constexpr std::uint32_t most_known = 4'096;

    void walk() noexcept;

    const std::uint32_t per_mille_;
    std::atomic<std::uint32_t> added_{0};
    std::atomic<std::int64_t> current_us_{0};
    std::array<std::atomic<std::uint32_t>, time_buckets::count> counts_{};
};

} // namespace fairlead::health
