// How many requests of a pool may be sent again, or to two backends at once, so that this does not multiply
// the load on backends that fail because of it.
//
// Each request earns a part of a retry, `percent` hundredths of one, and each retry costs a whole one. A new
// budget has 10 retries, so that a quiet pool has some; a long quiet saves up 100 at most. So of any n
// requests in a row at most n * percent / 100 + 100 are sent again, of the first n at most
// n * percent / 100 + 10.
// Pure but for its count. Thread: any; lock-free.
#pragma once

#include <atomic>
#include <cstdint>

namespace fairlead::upstream {

class retry_budget
{
public:
    explicit retry_budget(std::uint32_t percent) noexcept
        : percent_(percent)
    {}

    void earn() noexcept // at each request, which is not a retry
    {
        if (hundredths_.load(std::memory_order_relaxed) < most)
            hundredths_.fetch_add(percent_, std::memory_order_relaxed);
    }

    bool spend() noexcept // false: there is not enough for one
    {
        std::int64_t has = hundredths_.load(std::memory_order_relaxed);
        while (has >= cost) {
            if (hundredths_.compare_exchange_weak(has, has - cost, std::memory_order_relaxed)) return true;
        }
        return false;
    }

    void give_back() noexcept { hundredths_.fetch_add(cost, std::memory_order_relaxed); } // what was not used

private:
    static constexpr std::int64_t cost = 100;
    static constexpr std::int64_t first = 10 * cost;
    static constexpr std::int64_t most = 100 * cost;

    std::atomic<std::int64_t> hundredths_{first};
    const std::int64_t percent_;
};

} // namespace fairlead::upstream
