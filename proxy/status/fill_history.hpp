// When something that fills up will be full, by a straight line through what it held lately.
//
// A ring of the last samples, 8 bytes each. Nothing is foretold from fewer than six samples or less than
// 20 s, from a growth that its own noise explains (the slope is below three times its standard error), from
// one that is over (the newest third grows less than a quarter as fast), or beyond a day: what was seen of
// minutes does not reach further. Pure: the time is passed in, and samples
// come in its order. Source: ordinary least squares. Thread: the owner's.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace fairlead::status {

class fill_history
{
public:
    static constexpr std::size_t length = 120;
    static constexpr std::size_t least_samples = 6;
    static constexpr std::chrono::seconds least_span{20};
    static constexpr std::chrono::hours horizon{24};

    using time_point = std::chrono::steady_clock::time_point;

    void add(time_point at, std::uint32_t used);

    // From the last sample on, until `capacity` is reached; 0 when it is. Nothing when that is not in sight.
    std::optional<std::chrono::seconds> time_to(std::uint64_t capacity) const;

private:
    struct sample
    {
        std::uint32_t at_ms; // since the first; wraps after 49 days, and only differences are used
        std::uint32_t used;
    };

    struct line
    {
        double per_s;
        double error; // standard, of per_s
    };

    // The newest is 0 back.
    const sample& newest(std::size_t back) const { return ring_[(next_ + length - 1 - back) % length]; }
    line fit(std::size_t newest_count) const;

    time_point first_{};
    std::array<sample, length> ring_{};
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

} // namespace fairlead::status
