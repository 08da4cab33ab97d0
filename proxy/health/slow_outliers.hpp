// Which backends of a pool answer so much slower than the others that they are to be left alone.
//
// Compared are medians, which a few long answers do not move; each with the median of the others' medians,
// the upper one of two. So half of a pool can be found slow at most: of two or three, one; of four, two.
// Whether too few would be left is for the caller to see.
// Pure. Thread: any.
#pragma once

#include "conf/health_options.hpp"
#include "proxy/health/answer_times.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace fairlead::health {

struct slow_outlier
{
    std::size_t position = 0; // in what was given
    std::chrono::microseconds median{0};
    std::chrono::microseconds others{0}; // what it was compared with

    bool operator==(const slow_outlier&) const = default;
};

// The slowest first. Who has fewer than `slow_answers` is not compared; one without another neither. Nothing
// while slow_factor is 0.
std::vector<slow_outlier> find_slow(std::span<const answer_summary> backends,
                                    const conf::eject_options& options);

} // namespace fairlead::health
