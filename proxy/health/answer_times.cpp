#include "proxy/health/answer_times.hpp"

#include <algorithm>

namespace fairlead::health {

void answer_times::add(std::chrono::nanoseconds took) noexcept
{
    const auto us = std::max<std::int64_t>(0, took.count() / 1'000);
    counts_[time_buckets::bucket_of(static_cast<std::uint64_t>(us))].fetch_add(1, std::memory_order_relaxed);
}

answer_summary answer_times::take() noexcept
{
    std::array<std::uint32_t, time_buckets::count> taken{};
    answer_summary out;
    for (std::size_t i = 0; i < time_buckets::count; ++i) {
        taken[i] = counts_[i].exchange(0, std::memory_order_relaxed);
        out.count += taken[i];
    }
    std::uint64_t below = 0; // answers in the buckets before
    for (std::size_t i = 0; i < time_buckets::count && out.count != 0; ++i) {
        if ((below + taken[i]) * 2 < out.count) {
            below += taken[i];
            continue;
        }
        // Where it would be if the bucket's answers lay evenly in it.
        const double into = (static_cast<double>(out.count) / 2 - static_cast<double>(below)) / taken[i];
        const auto begin = static_cast<double>(time_buckets::begin_of(i));
        const double width = static_cast<double>(time_buckets::begin_of(i + 1)) - begin;
        out.median = std::chrono::microseconds(static_cast<std::int64_t>(begin + into * width));
        break;
    }
    return out;
}

} // namespace fairlead::health
