// How many of the tunnels that are to leave should have been told so by now: an even pace over a window.
//
// Pure; time is passed in, and a lot that takes up to a tick off it, so that workers and proxies that began
// together do not close in step. After the window everything is due.
#pragma once

#include "proxy/net/timer_wheel.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fairlead::websocket {

class drain_pace
{
public:
    drain_pace(std::size_t total, net::milliseconds_count begin, net::milliseconds_count window) noexcept
        : total_(total)
        , begin_(begin)
        , window_(window)
    {}

    // How many more to close at `now`, given that take() returned the earlier ones; counts them as closed.
    std::size_t take(net::milliseconds_count now, std::uint32_t lot = 0) noexcept
    {
        const net::milliseconds_count since = now - begin_;
        const net::milliseconds_count elapsed =
            since - std::min<net::milliseconds_count>(since, lot % net::timer_wheel::tick);
        const auto planned = is_over(now) ? total_ : static_cast<std::size_t>(total_ * elapsed / window_);
        const std::size_t due = std::max(planned, taken_);
        const std::size_t count = due - taken_;
        taken_ = due;
        return count;
    }

    std::size_t total() const noexcept { return total_; }
    bool is_over(net::milliseconds_count now) const noexcept { return now - begin_ >= window_; }

private:
    std::size_t total_;
    std::size_t taken_ = 0;
    net::milliseconds_count begin_;
    net::milliseconds_count window_;
};

} // namespace fairlead::websocket
