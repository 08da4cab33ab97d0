// Counters, gauges and histograms of one worker: plain atomics that one thread writes and any thread reads.
//
// They do not know their names or labels; the cells that hold them do. Nothing here may be written from two
// threads: an update is a relaxed load and a relaxed store (0.8 ns), and a second writer's update would be
// lost. Reading is allowed from any thread at any time and sees each value whole, but not several values of
// one moment. Not copyable, not movable: their addresses are what is cached.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fairlead::metrics {

// A number that only grows. Wraps at 2^64.
class counter
{
public:
    void add(std::uint64_t n = 1) noexcept
    {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }

    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// A number that goes up and down.
class gauge
{
public:
    void add(std::int64_t n = 1) noexcept
    {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }

    void sub(std::int64_t n = 1) noexcept { add(-n); }
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

// Durations sorted into buckets. Bounds has a `static constexpr std::array<std::chrono::nanoseconds, N>
// bounds`, ascending; each bound is inclusive, and one more bucket takes what is above the last. A negative
// duration counts as zero. The sum is kept in microseconds, each observation rounded to the nearest: in
// nanoseconds 100,000 tunnels that live for a day each would fill 64 bits in two days.
template <class Bounds>
class histogram
{
public:
    static constexpr auto& bounds = Bounds::bounds;
    static constexpr std::size_t bucket_count = Bounds::bounds.size() + 1;

    void observe(std::chrono::nanoseconds elapsed) noexcept
    {
        if (elapsed < std::chrono::nanoseconds::zero()) elapsed = std::chrono::nanoseconds::zero();
        std::size_t i = 0;
        while (i < bounds.size() && elapsed > bounds[i])
            ++i;
        buckets_[i].add();
        sum_us_.add(static_cast<std::uint64_t>((elapsed.count() + 500) / 1000));
    }

    // What fell into bucket i alone, not into those below it; i < bucket_count.
    std::uint64_t bucket(std::size_t i) const noexcept { return buckets_[i].value(); }

    std::uint64_t count() const noexcept
    {
        std::uint64_t total = 0;
        for (const counter& each : buckets_)
            total += each.value();
        return total;
    }

    std::uint64_t sum_us() const noexcept { return sum_us_.value(); }

private:
    std::array<counter, bucket_count> buckets_;
    counter sum_us_;
};

} // namespace fairlead::metrics
