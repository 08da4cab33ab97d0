// How many of the tunnels that are to leave should have been told so by now: an even pace over a window.
//
// Pure; time is passed in. After the window everything is due.
#pragma once

#include "proxy/net/timer_wheel.hpp"

#include <cstddef>

namespace fairlead::server {

class drain_pace
{
public:
    drain_pace(std::size_t total, net::milliseconds_count begin, net::milliseconds_count window) noexcept
        : total_(total)
        , begin_(begin)
        , window_(window)
    {}

    // How many more to close at `now`, given that take() returned the earlier ones; counts them as closed.
    std::size_t take(net::milliseconds_count now) noexcept
    {
        const net::milliseconds_count elapsed = now - begin_;
        const std::size_t due = is_over(now) ? total_ : static_cast<std::size_t>(total_ * elapsed / window_);
        const std::size_t count = due - taken_;
        taken_ = due;
        return count;
    }

    bool is_over(net::milliseconds_count now) const noexcept { return now - begin_ >= window_; }

private:
    std::size_t total_;
    std::size_t taken_ = 0;
    net::milliseconds_count begin_;
    net::milliseconds_count window_;
};

} // namespace fairlead::server
