// Takes a backend out for a while that fails too much of what it is given.
//
//                failures >= F and >= S per cent of what came since the window's first failure
//   in use ──────────────────────────────────────────────────────────────────────► ejected
//      ▲                                                                              │
//      └───────────────── the back-off is over, by the clock alone ───────────────────┘
//
// A window begins with a failure; successes cost a read while there was none. The back-off doubles when an
// ejection follows the end of the last one within its length, or within the window where that is longer; else
// it begins anew. What is told while it is ejected counts for nothing: it was under way before.
//
// Whether an ejection would leave too few backends is for its caller to see: eject(), look, withdraw().
// Of two that eject two backends at a time at least one sees the other.
// Pure: no clock of its own, no I/O. Thread: any; lock-free. Counts saturate at 4,095 failures and 2^20
// successes of one window.
#pragma once

#include "conf/model.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::health {

using steady_time = std::chrono::steady_clock::time_point;

// What a backend did to an exchange.
enum class failure_kind : std::uint8_t
{
    none,
    no_connection, // refused, unreachable, not in time
    broken,        // it ended or reset the connection before its answer
    malformed,     // it answered what no one can read, or the wrong 101
    overdue,       // it did not answer in time
    status         // one of eject.statuses
};

std::string_view to_string(failure_kind kind) noexcept; // for a log

class ejection
{
public:
    // What withdraw() puts back.
    struct claim
    {
        std::int64_t until_ms = 0;
        std::int64_t length_ms = 0;
    };

    // Whether the backend is to be ejected now.
    bool fail(failure_kind how, steady_time now, const conf::eject_options& options) noexcept;

    bool is_quiet() const noexcept { return tally_.load(std::memory_order_relaxed) == 0; }
    void succeed(steady_time now, const conf::eject_options& options) noexcept; // no need while it is quiet

    // Nothing when it is ejected already.
    std::optional<claim> eject(steady_time now, const conf::eject_options& options) noexcept;
    void withdraw(const claim& made) noexcept;
    void forgive() noexcept; // it is back, and nothing was

    bool is_out(steady_time now) const noexcept;
    steady_time until() const noexcept; // of the last one; steady_time{} when there was none
    failure_kind last_failure() const noexcept { return last_.load(std::memory_order_relaxed); }
    std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    std::uint64_t withheld() const noexcept { return withheld_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> tally_{0};    // window's begin in ms (32 bits), failures (12), successes (20)
    std::atomic<std::int64_t> until_ms_{0};  // on the steady clock; 0: never ejected
    std::atomic<std::int64_t> length_ms_{0}; // of the last ejection
    std::atomic<std::uint64_t> count_{0};
    std::atomic<std::uint64_t> withheld_{0};
    std::atomic<failure_kind> last_{failure_kind::none};
};

} // namespace fairlead::health
