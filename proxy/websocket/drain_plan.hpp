// Lets the tunnels of some origins go, one after the other, at an even pace over a window.
//
//   pace: total x elapsed / window have been told by now, less up to a tick by lot; after the window all
//   order: the oldest or the newest first, over all origins
//
// Tunnels that open meanwhile leave at the window's end. A tunnel that ends by itself makes the others no
// faster. Cost: include() and spare() do not depend on how many origins there are. Lifetime: shorter than
// the relay's. Thread: the worker's; time is passed in, in milliseconds.
#pragma once

#include "proxy/websocket/drain_pace.hpp"
#include "proxy/websocket/origin_table.hpp"
#include "proxy/websocket/relay.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace fairlead::websocket {

struct drain_order
{
    std::vector<origin_ref> origins;
    own_close how;
    net::milliseconds_count window = 0;
    bool newest_first = false;
};

class drain_plan
{
public:
    drain_plan(drain_order order, net::milliseconds_count now);

    // Closes what is due by `now`; `lot` is any number.
    void advance(relay& tunnels, net::milliseconds_count now, std::uint32_t lot);

    // The tunnels of this origin leave, too; those it has by now at the window's end.
    void include(const origin_ref& origin);

    // The tunnels of this origin may stay after all.
    void spare(const tunnel_origin& origin);

    std::size_t total() const noexcept { return pace_.total(); } // tunnels at the beginning
    std::size_t left() const noexcept;                           // not told yet
    bool is_over(net::milliseconds_count now) const noexcept { return pace_.is_over(now) && left() == 0; }
    const drain_order& order() const noexcept { return order_; }

private:
    drain_order order_;
    std::unordered_map<const tunnel_origin*, std::size_t> positions_; // in order_.origins
    drain_pace pace_;
};

} // namespace fairlead::websocket
