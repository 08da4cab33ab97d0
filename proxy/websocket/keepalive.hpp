// When to ping a silent side of a tunnel, when that side is dead, and when the tunnel has been idle or alive
// for too long.
//
//   a side silent for ping_every ──► ping it ─┬─ any byte from it ──► alive
//                                             └─ nothing for pong_timeout ──► dead
//   no data frame either way for idle_timeout ──► idle
//   max_age after the opening, less up to a tenth of it by lot ──► aged
//
// It sends nothing and knows no clock: the relay tells it what it saw and asks what to do. 28 bytes in every
// tunnel. Thread: none of its own. Source: RFC 6455 5.5.2, 5.5.3 (Ping, Pong).
#pragma once

#include "proxy/net/timer_wheel.hpp"
#include "proxy/websocket/side.hpp"

#include <array>
#include <cstdint>

namespace fairlead::websocket {

// Of net::timer_wheel::tick each, since an epoch of the relay's: 13 years of them.
using tick_count = std::uint32_t;

// Each 0 is never. At most 2^31 ticks.
struct keepalive_policy
{
    tick_count ping_every = 0;
    tick_count pong_timeout = 0;
    tick_count idle_timeout = 0;
    tick_count max_age = 0;
    std::array<bool, 2> pings{true, true}; // by side

    bool is_off() const noexcept { return ping_every == 0 && idle_timeout == 0 && max_age == 0; }
    bool operator==(const keepalive_policy&) const = default;
};

class keepalive
{
public:
    static constexpr tick_count never = ~tick_count{0};

    enum class step : std::uint8_t
    {
        wait,
        ping,
        dead,
        idle,
        aged
    };
    struct verdict
    {
        step what = step::wait;
        side of = side::client; // for ping and dead
        tick_count due = never; // for wait: ask again then
    };

    explicit keepalive(tick_count now) noexcept
        : heard_{now, now}
        , data_at_(now)
        , opened_at_(now)
    {}

    // `lot` decides how much of a tenth is taken off max_age.
    void draw_age(std::uint16_t lot) noexcept { age_cut_ = lot; }

    void heard(side from, tick_count now) noexcept // any byte, or another sign that it is there
    {
        heard_[index_of(from)] = now;
        is_unanswered_[index_of(from)] = false;
    }
    void saw_data(tick_count now) noexcept { data_at_ = now; } // of a data frame, from either side

    void pinged(side to, tick_count now) noexcept
    {
        pinged_at_[index_of(to)] = now;
        is_unanswered_[index_of(to)] = true;
    }

    // What to do at `now`; `may_ping` says which sides can be sent a frame at the moment. One that cannot is
    // looked at again in a second.
    verdict next(const keepalive_policy& policy, tick_count now, std::array<bool, 2> may_ping) const noexcept;

    tick_count data_at() const noexcept { return data_at_; }
    tick_count heard_at(side from) const noexcept { return heard_[index_of(from)]; }
    tick_count pinged_at(side to) const noexcept { return pinged_at_[index_of(to)]; } // 0: never
    tick_count opened_at() const noexcept { return opened_at_; }

private:
    struct question;
    bool check_side(const question& asked, side which, verdict& out) const noexcept;

    std::array<tick_count, 2> heard_;
    std::array<tick_count, 2> pinged_at_{};
    tick_count data_at_;
    tick_count opened_at_;
    std::uint16_t age_cut_ = 0; // of 65,536ths of a tenth of max_age
    std::array<bool, 2> is_unanswered_{};
};

static_assert(sizeof(keepalive) == 28);

} // namespace fairlead::websocket
