// What a backend's checks say about it, after how many of a kind in a row, and when the next check is due.
//
//                 pass                  rise passes in a row
//   checking ───────────► up ◄──────────────────────────────┬─────────┐
//       │ └─ 503 ─► draining ◄─ 503 ─┤                      │         │
//       │              └─────────────┼──────────────────► draining    │
//       │ fail                       └─ fall fails in a row ─► down ──┘
//       └────────────────────────────────────────────────────►
//
// An answer of 503 is a wish, so one is enough; in `down` it changes nothing. The first check decides alone.
// Pure: the clock is the caller's, who asks pause() after each check. Thread: any, one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace fairlead::health {

enum class check_outcome : std::uint8_t
{
    pass,
    drain, // answered that it wants no new connections
    fail
};

enum class checked_state : std::uint8_t
{
    checking, // no check has ended yet
    up,
    draining, // keeps its connections, gets no new ones
    down
};

std::string_view to_string(checked_state state) noexcept;

class health_state
{
public:
    health_state(std::uint32_t rise, std::uint32_t fall) noexcept
        : rise_(rise)
        , fall_(fall)
    {}

    bool on(check_outcome outcome) noexcept; // whether the state is another one now
    checked_state current() const noexcept { return state_; }

    // A reload keeps the state under new limits.
    void set_limits(std::uint32_t rise, std::uint32_t fall) noexcept;

    // From one check's begin to the next one's. While failures add up it is a part of `every`, so that all
    // `fall` of them fit into one: a dead backend leaves within `every` of its first failed check.
    std::chrono::milliseconds pause(std::chrono::milliseconds every) const noexcept;

private:
    void move_to(checked_state next) noexcept;

    std::uint32_t rise_;
    std::uint32_t fall_;
    std::uint32_t passes_ = 0; // in a row
    std::uint32_t fails_ = 0;  // in a row
    checked_state state_ = checked_state::checking;
};

} // namespace fairlead::health
