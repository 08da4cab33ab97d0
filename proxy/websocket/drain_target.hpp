// What is drained: by an operator a route, a backend of a pool, or a listener; or a backend that was found
// dead.
//
// A plain value. Thread: any.
#pragma once

#include "metrics/labels.hpp"
#include "proxy/websocket/tunnel.hpp"

#include <string>

namespace fairlead::websocket {

using metrics::drain_kind;

struct drain_target
{
    drain_kind kind = drain_kind::route;
    std::string name; // the route's; the address of a backend or listener
    std::string pool; // of a backend

    bool operator==(const drain_target&) const = default;

    // Whether the origin's tunnels are of it.
    bool covers(const tunnel_origin& origin) const noexcept;
};

} // namespace fairlead::websocket
