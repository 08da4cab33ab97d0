// What a route asks of its tunnels, in the relay's terms.
//
// A plain value; a reload may change it under tunnels that live. Thread: any.
#pragma once

#include "conf/model.hpp"
#include "proxy/websocket/frame_check.hpp"
#include "proxy/websocket/keepalive.hpp"
#include "proxy/websocket/rate_limit.hpp"
#include "proxy/websocket/side.hpp"

namespace fairlead::websocket {

struct tunnel_policy
{
    keepalive_policy alive;
    frame_rules from_client;
    frame_rules from_backend;
    rate_policy client_rate;
    tick_count slow_timeout = 0;  // a side that takes no bytes; 0: never
    tick_count close_timeout = 0; // a peer that does not answer a Close

    const frame_rules& rules_for(side from) const noexcept
    {
        return from == side::client ? from_client : from_backend;
    }
    bool operator==(const tunnel_policy&) const = default;
};

// Times are rounded up to a tick, so that one that is set is never 0.
tunnel_policy policy_of(const conf::websocket_options& options, conf::duration close_timeout) noexcept;

} // namespace fairlead::websocket
