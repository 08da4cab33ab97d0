#include "proxy/health/answer_tail.hpp"

#include <algorithm>

namespace fairlead::health {

void answer_tail::add(std::chrono::nanoseconds took) noexcept
{
    const auto us = std::max<std::int64_t>(0, took.count() / 1'000);
    counts_[time_buckets::bucket_of(static_cast<std::uint64_t>(us))].fetch_add(1, std::memory_order_relaxed);
    if ((added_.fetch_add(1, std::memory_order_relaxed) + 1) % between_walks == 0) walk();
}

void answer_tail::walk() noexcept
{
    std::array<std::uint32_t, time_buckets::count> seen;
    std::uint64_t known = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        seen[i] = counts_[i].load(std::memory_order_relaxed);
        known += seen[i];
    }
    if (known < least_known) return;
    std::uint64_t below = 0; // thousandths of answers
    std::size_t at = 0;
    for (; at + 1 < seen.size(); ++at) {
        below += std::uint64_t{seen[at]} * 1'000;
        if (below >= known * per_mille_) break;
    }
    current_us_.store(static_cast<std::int64_t>(time_buckets::begin_of(at + 1)), std::memory_order_relaxed);
    if (known < most_known) return;
    for (std::size_t i = 0; i < seen.size(); ++i)
        counts_[i].fetch_sub(seen[i] / 2, std::memory_order_relaxed);
}

} // namespace fairlead::health
