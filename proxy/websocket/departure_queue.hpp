// The tunnels of some origins in the order in which they leave: the oldest or the newest first, over all
// of them.
//
// It closes nothing. A tunnel that leaves its origin's list is passed over from then on, whoever took it
// off. Cost: all origins once, then the logarithm of their number for each tunnel. Lifetime: within one
// turn of the worker's loop: tunnels that open meanwhile may be missed. Thread: the worker's.
#pragma once

#include "proxy/websocket/origin_table.hpp"

#include <chrono>
#include <vector>

namespace fairlead::websocket {

class departure_queue
{
public:
    explicit departure_queue(const std::vector<origin_ref>& origins, bool newest_first = false);

    // The one that leaves first of those that are not ending; null for none. The same again until it is
    // closed.
    tunnel* first();

private:
    struct candidate
    {
        tunnel_origin* origin; // with a tunnel, when it was looked at
        std::chrono::steady_clock::time_point opened_at;
    };

    tunnel& first_of(tunnel_origin& origin) const noexcept;
    bool leaves_later(const candidate& a, const candidate& b) const noexcept;
    void push(candidate fresh);
    candidate pop();

    bool newest_first_;
    std::vector<candidate> heap_; // the first to leave on top
};

} // namespace fairlead::websocket
