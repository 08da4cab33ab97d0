// What the connections of one worker hold, against what they may.
//
//   own bytes:  none ──── ceiling - 1/8 of it ────► high ──── ceiling ────► full
//
// Whoever takes a block for a connection says so here, and again when it gives it back; what it finds is the
// account of its own thread, so that nothing is shared and no lock is taken. A thread without an account (the
// main thread, a test) counts nothing and is never short. The ceiling is set anew at a pace, from what all
// workers hold (memory_budget): between two settings each worker may take its part of what is left and no
// more, so that all of them together stay below the limit.
//
// It refuses nothing itself: those who could need more ask first. Bytes are those asked for, without what the
// allocator adds. Thread: one, after adopt_thread(); the cells may be read from any.
#pragma once

#include "metrics/cells.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace fairlead::net {

enum class memory_pressure : std::uint8_t
{
    none,
    high, // new connections and requests are to be refused
    full  // nothing more is to be taken that can be put off
};

class memory_account
{
public:
    static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

    explicit memory_account(metrics::worker_cells& cells) noexcept
        : cells_(cells)
    {}
    memory_account(const memory_account&) = delete;
    memory_account& operator=(const memory_account&) = delete;
    ~memory_account();

    // From now on this thread counts here.
    void adopt_thread() noexcept;

    // Of the calling thread's account.
    static void take(metrics::memory_kind kind, std::size_t bytes) noexcept;
    static void give(metrics::memory_kind kind, std::size_t bytes) noexcept;
    static memory_pressure pressure() noexcept;
    static bool is_full() noexcept { return pressure() == memory_pressure::full; }
    static void count(metrics::shed what) noexcept; // for want of memory

    // What is counted here, without the bases that memory_budget adds.
    std::int64_t held() const noexcept { return held_; }

    // Up to `ceiling` bytes of held(); `is_high`: all workers use so much that new ones are refused.
    void allow(std::int64_t ceiling, bool is_high) noexcept;

private:
    metrics::worker_cells& cells_;
    std::int64_t held_ = 0;
    std::int64_t ceiling_ = unlimited;
    bool is_high_ = false;
};

} // namespace fairlead::net
