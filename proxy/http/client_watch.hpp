// Looks every second, or as often as it is told, whether a client is still there while somebody else takes
// their time: a backend, or who is asked whether it may pass.
//
// A look is a peek, and takes nothing. It ends with the first look that finds the client gone. Thread: the
// worker's. Lifetime: shorter than the owner, the stream and the wheel.
#pragma once

#include "proxy/net/deadline.hpp"
#include "proxy/net/stream.hpp"
#include "proxy/net/timer_wheel.hpp"

namespace fairlead::http {

class client_watch : private net::wheel_entry
{
public:
    class owner
    {
    public:
        virtual bool may_look() const noexcept { return true; } // not while somebody reads from the client
        virtual void client_left() noexcept = 0;

    protected:
        ~owner() = default;
    };

    client_watch(owner& told, net::stream& client, net::timer_wheel& wheel) noexcept
        : wheel_entry(&client_watch::on_due)
        , told_(told)
        , client_(client)
        , wheel_(wheel)
    {}

    static constexpr net::milliseconds_count usual_interval_ms = 1'000;
    // Of whoever keeps others waiting in a queue. A look costs a system call.
    static constexpr net::milliseconds_count queue_interval_ms = 200;

    void start(net::milliseconds_count interval_ms = usual_interval_ms) noexcept // anew, where it was before
    {
        cancel();
        interval_ms_ = interval_ms;
        wheel_.arm(*this, net::steady_now_ms(), interval_ms);
    }
    void stop() noexcept { cancel(); }

private:
    static void on_due(net::wheel_entry& entry) noexcept
    {
        auto& self = static_cast<client_watch&>(entry);
        if (self.told_.may_look() && self.client_.is_gone())
            self.told_.client_left();
        else
            self.wheel_.arm(self, net::steady_now_ms(), self.interval_ms_);
    }

    owner& told_;
    net::stream& client_;
    net::timer_wheel& wheel_;
    net::milliseconds_count interval_ms_ = usual_interval_ms;
};

} // namespace fairlead::http
