#include "proxy/health/answer_times.hpp"

#include <algorithm>
#include <bit>

namespace fairlead::health {
namespace {

constexpr unsigned first_doubling = 6; // 64 us
constexpr std::size_t parts = 4;       // of each doubling

std::uint64_t begin_of(std::size_t bucket) noexcept
{
    return (parts + bucket % parts) << (first_doubling - 2 + bucket / parts);
}

std::size_t bucket_of(std::uint64_t us, std::size_t last) noexcept
{
    if (us < begin_of(0)) return 0;
    const auto doubling = static_cast<unsigned>(std::bit_width(us)) - 1;
    const std::size_t part = (us >> (doubling - 2)) - parts;
    return std::min<std::size_t>((doubling - first_doubling) * parts + part, last);
}

} // namespace

void answer_times::add(std::chrono::nanoseconds took) noexcept
{
    const auto us = std::max<std::int64_t>(0, took.count() / 1'000);
    counts_[bucket_of(static_cast<std::uint64_t>(us), bucket_count - 1)].fetch_add(1,
                                                                                   std::memory_order_relaxed);
}

answer_summary answer_times::take() noexcept
{
    std::array<std::uint32_t, bucket_count> taken{};
    answer_summary out;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        taken[i] = counts_[i].exchange(0, std::memory_order_relaxed);
        out.count += taken[i];
    }
    std::uint64_t below = 0; // answers in the buckets before
    for (std::size_t i = 0; i < bucket_count && out.count != 0; ++i) {
        if ((below + taken[i]) * 2 < out.count) {
            below += taken[i];
            continue;
        }
        // Where it would be if the bucket's answers lay evenly in it.
        const double into = (static_cast<double>(out.count) / 2 - static_cast<double>(below)) / taken[i];
        const auto begin = static_cast<double>(begin_of(i));
        const double width = static_cast<double>(begin_of(i + 1)) - begin;
        out.median = std::chrono::microseconds(static_cast<std::int64_t>(begin + into * width));
        break;
    }
    return out;
}

} // namespace fairlead::health
