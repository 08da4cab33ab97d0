// How fast a client may send messages, bytes, and pings and pongs: a burst, then a rate, by delay first and
// by an end when that does not help.
//
//   within rate and burst ──► passes
//   above it ──► passes, and the next read waits until the rate has caught up
//   above it for longer than `patience` without once resting half of the burst ──► the end (1008)
//
// No clock, no I/O: times are passed in. Shape: the generic cell rate algorithm (ITU-T I.371, Annex A), one
// time instead of a count and a time; 24 bytes for three rates. Thread: none of its own.
#pragma once

#include <chrono>
#include <cstdint>

namespace fairlead::websocket {

using nanoseconds = std::chrono::nanoseconds;

struct rate
{
    double per_second = 0;   // 0: any; at most 10^9
    std::uint64_t burst = 1; // units that may come at once; at least 1, at most 2^33

    bool operator==(const rate&) const = default;
};

// One rate's account.
class rate_meter
{
public:
    // Counts `units` (at most 2^24) at `now`; how long nothing more should be taken.
    nanoseconds take(const rate& limit, std::uint64_t units, nanoseconds now) noexcept;

    // Half of the burst is free again.
    bool has_rested(const rate& limit, nanoseconds now) const noexcept;

private:
    nanoseconds full_at_{0}; // when the whole burst is free again
};

struct rate_policy
{
    rate messages = {};
    rate bytes = {};
    nanoseconds patience{0}; // 0: delays for ever
    rate controls = {};      // pings and pongs

    // Whether a read has to be counted in which there were so many controls.
    bool concerns(std::uint64_t control_count) const noexcept
    {
        return messages.per_second != 0 || bytes.per_second != 0 ||
               (control_count != 0 && controls.per_second != 0);
    }
    bool operator==(const rate_policy&) const = default;
};

class throttle
{
public:
    struct verdict
    {
        nanoseconds delay{0};
        bool is_over = false; // the patience is
    };

    // What one read brought.
    struct amount
    {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
        std::uint64_t controls = 0;
    };

    verdict take(const rate_policy& policy, const amount& of, nanoseconds now) noexcept;

private:
    rate_meter messages_;
    rate_meter bytes_;
    rate_meter controls_;
    nanoseconds delayed_since_{0}; // 0: not
};

} // namespace fairlead::websocket
