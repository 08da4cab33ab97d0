// Lets the tunnels of some origins go, one after the other, at an even pace over a window.
//
//   pace: total x elapsed / window have been told by now, less up to a tick by lot; after the window all
//   order: the oldest or the newest first, over all origins
//
// Tunnels that open meanwhile leave at the window's end. A tunnel that ends by itself makes the others no
// faster. Lifetime: shorter than the relay's. Thread: the worker's; time is passed in, in milliseconds.
#pragma once

#include "proxy/websocket/drain_pace.hpp"
#include "proxy/websocket/origin_table.hpp"
#include "proxy/websocket/relay.hpp"

#include <cstddef>
#include <vector>

namespace fairlead::websocket {

struct drain_order
{
    std::vector<origin_ref> origins;
    own_close how;
    net::milliseconds_count window = 0;
    bool newest_first = false;
};

// The tunnel that is to leave first of all that these origins have and that are not ending; null for none.
tunnel* first_of(const std::vector<origin_ref>& origins, bool newest_first = false) noexcept;

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
    drain_pace pace_;
};

} // namespace fairlead::websocket
