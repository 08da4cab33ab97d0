// Deadlines by the hundred thousand: one wheel a worker, one intrusive entry a waiter, no heap.
//
// A hashed wheel of 512 slots of 100 ms. An entry that lies further ahead than one turn (51.2 s) is parked in
// its slot and looked at once a turn. Deadlines are coarse: never early, late by at most one tick and the
// loop's own delay.
//
// Not a clock: time is passed in (milliseconds of a steady clock). Thread: the worker's only. An entry
// unlinks itself when it is destroyed; the wheel must outlive its entries. Source: Varghese and Lauck,
// "Hashed and Hierarchical Timing Wheels" (1987), scheme 6.
#pragma once

#include <array>
#include <cstdint>

namespace fairlead::net {

using milliseconds_count = std::uint64_t; // of a steady clock

class timer_wheel;

// What waits. 32 bytes; embed it in the waiter and recover the waiter in the callback.
class wheel_entry
{
public:
    using callback = void (*)(wheel_entry&) noexcept;

    explicit wheel_entry(callback on_due) noexcept
        : on_due_(on_due)
    {}
    wheel_entry(const wheel_entry&) = delete;
    wheel_entry& operator=(const wheel_entry&) = delete;
    ~wheel_entry() { cancel(); }

    bool is_armed() const noexcept { return next_ != nullptr; }
    milliseconds_count due() const noexcept { return due_; } // meaningful while armed
    void cancel() noexcept;

private:
    friend class timer_wheel;

    void link_before(wheel_entry& position) noexcept;

    wheel_entry* next_ = nullptr;
    wheel_entry* previous_ = nullptr;
    milliseconds_count due_ = 0;
    callback on_due_;
};

static_assert(sizeof(wheel_entry) == 32);

class timer_wheel
{
public:
    static constexpr milliseconds_count tick = 100;

    explicit timer_wheel(milliseconds_count now) noexcept;
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;
    ~timer_wheel();

    // Calls the entry's callback once, when advance() reaches `now + delay`; an armed entry is moved.
    void arm(wheel_entry& entry, milliseconds_count now, milliseconds_count delay) noexcept;

    // The time of the last advance(), or of the beginning: at most a tick and the loop's own delay behind.
    milliseconds_count now() const noexcept { return now_; }

    // Fires what is due at `now`. A callback may arm and cancel any entry and may destroy its own waiter.
    void advance(milliseconds_count now) noexcept;

private:
    static constexpr std::uint64_t slot_count = 512;

    wheel_entry& slot_of(milliseconds_count due) noexcept { return slots_[(due / tick) % slot_count]; }
    void fire_slot(wheel_entry& head, milliseconds_count now) noexcept;

    struct slot_head : wheel_entry
    {
        slot_head() noexcept;
    };

    std::array<slot_head, slot_count> slots_;
    milliseconds_count last_tick_; // in ticks
    milliseconds_count now_;
};

} // namespace fairlead::net
