// One bounded wait of a coroutine: when it is over, the channels it waits on are cancelled and expired() says
// why.
//
// Cancelling is per channel, not per coroutine: g++ 12 and Asio 1.26 do not survive the latter. Whoever is
// woken with operation_aborted asks expired(). Thread: the worker's. Lifetime: shorter than the wheel and the
// channels.
#pragma once

#include "proxy/net/channel.hpp"
#include "proxy/net/timer_wheel.hpp"

#include <array>
#include <chrono>

namespace fairlead::net {

milliseconds_count steady_now_ms() noexcept;

class deadline : private wheel_entry
{
public:
    explicit deadline(timer_wheel& wheel) noexcept
        : wheel_entry(&deadline::on_due)
        , wheel_(wheel)
    {}

    // The channels to cancel; null for none. They may change while armed.
    void guard(channel* first, channel* second = nullptr) noexcept { guarded_ = {first, second}; }

    void arm(std::chrono::milliseconds delay) noexcept; // 0: no limit
    void disarm() noexcept { cancel(); }
    bool expired() const noexcept { return has_expired_; }

private:
    static void on_due(wheel_entry& entry) noexcept;

    timer_wheel& wheel_;
    std::array<channel*, 2> guarded_{};
    bool has_expired_ = false;
};

} // namespace fairlead::net
