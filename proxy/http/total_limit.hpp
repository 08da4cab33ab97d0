// How long a whole exchange may take: when that is over its owner is told, once.
//
// Unlike a net::deadline it bounds no single wait, so the owner ends what it has in a way that later waits
// notice too. Thread: the worker's. Lifetime: shorter than the owner and the wheel.
#pragma once

#include "proxy/net/deadline.hpp"
#include "proxy/net/timer_wheel.hpp"

#include <chrono>

namespace fairlead::http {

class total_limit : private net::wheel_entry
{
public:
    class owner
    {
    public:
        virtual void ran_out() noexcept = 0;

    protected:
        ~owner() = default;
    };

    total_limit(owner& told, net::timer_wheel& wheel) noexcept
        : wheel_entry(&total_limit::on_due)
        , told_(told)
        , wheel_(wheel)
    {}

    void start(std::chrono::milliseconds delay) noexcept // 0: no limit
    {
        if (delay.count() > 0)
            wheel_.arm(*this, net::steady_now_ms(), static_cast<net::milliseconds_count>(delay.count()));
    }
    void stop() noexcept { cancel(); }
    bool is_over() const noexcept { return is_over_; }

private:
    static void on_due(net::wheel_entry& entry) noexcept
    {
        auto& self = static_cast<total_limit&>(entry);
        self.is_over_ = true;
        self.told_.ran_out();
    }

    owner& told_;
    net::timer_wheel& wheel_;
    bool is_over_ = false;
};

} // namespace fairlead::http
