// Decides whether a backend that failed may be tried again.
//
//             failure                     delay elapsed: one caller gets the probe
//   healthy ───────────► backing off ◄──────────────────────────────────────────┐
//      ▲                     │  probe fails: delay doubles, up to the maximum ───┘
//      └─── any success ─────┘
//
// Only the probe's failure lengthens a back-off: those of attempts that were under way when it began do not.
// A probe that never reports loses its claim after the delay plus the time a connect may take, and another is
// admitted. An initial delay of 0 switches the back-off off.
// No clock of its own, no I/O. Thread: any; lock-free.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace fairlead::upstream {

using steady_time = std::chrono::steady_clock::time_point;

struct backoff_options
{
    std::chrono::milliseconds initial{1'000};
    std::chrono::milliseconds maximum{30'000};
};

// What admit() gave and fail() wants back.
class attempt
{
public:
    attempt() noexcept = default; // an ordinary one
    bool is_probe() const noexcept { return claim_ms_ != 0; }

private:
    friend class failure_backoff;
    explicit attempt(std::int64_t claim_ms) noexcept
        : claim_ms_(claim_ms)
    {}

    std::int64_t claim_ms_ = 0; // the retry_at_ms_ it is entitled to replace
};

class failure_backoff
{
public:
    // True when healthy or when a probe is due. Claims nothing.
    bool is_due(steady_time now) const noexcept;

    // Claims the right to try at `now` and sets `granted`; false when backing off or when another caller has
    // the probe. `connect_timeout` bounds the attempt; 0 when nothing does.
    bool admit(steady_time now, std::chrono::milliseconds connect_timeout, attempt& granted) noexcept;

    void succeed() noexcept;
    void fail(attempt failed, steady_time now, const backoff_options& options) noexcept;

    std::uint32_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); } // in a row
    steady_time retry_at() const noexcept; // when the next try is due; steady_time{} when healthy

private:
    std::atomic<std::int64_t> retry_at_ms_{0}; // on the steady clock; 0: healthy
    std::atomic<std::int64_t> delay_ms_{0};    // the current delay
    std::atomic<std::uint32_t> failures_{0};
};

} // namespace fairlead::upstream
