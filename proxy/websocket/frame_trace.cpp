#include "proxy/websocket/frame_trace.hpp"

#include <exception>
#include <utility>

namespace fairlead::websocket {

frame_trace::frame_trace(std::function<void()> tell)
    : tell_(std::move(tell))
{
    waiting_.frames.reserve(most);
}

template <class Change>
void frame_trace::change(Change what) noexcept
{
    bool was_empty = false;
    {
        std::lock_guard hold(mutex_);
        was_empty = waiting_.frames.empty() && waiting_.left_out == 0 && !waiting_.end;
        what(waiting_);
    }
    try {
        if (was_empty) tell_();
    } catch (const std::exception&) {
        // Out of memory: the onlooker looks by itself before its time is over.
    }
}

void frame_trace::add(const traced_frame& frame) noexcept
{
    change([&](batch& to) {
        if (to.frames.size() < most && to.left_out == 0)
            to.frames.push_back(frame);
        else
            ++to.left_out;
    });
}

void frame_trace::end(const tunnel_end& how) noexcept
{
    change([&](batch& to) { to.end = traced_end{std::chrono::steady_clock::now(), how}; });
}

void frame_trace::take(batch& into)
{
    into.frames.clear();
    into.frames.reserve(most);
    into.left_out = 0;
    into.end.reset();
    std::lock_guard hold(mutex_);
    std::swap(into, waiting_);
}

} // namespace fairlead::websocket
