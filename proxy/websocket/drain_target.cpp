#include "proxy/websocket/drain_target.hpp"

namespace fairlead::websocket {

bool drain_target::covers(const tunnel_origin& origin) const noexcept
{
    switch (kind) {
    case drain_kind::process:
    case drain_kind::reload: break;
    case drain_kind::route: return origin.route == name;
    case drain_kind::backend:
    case drain_kind::dead_backend: return origin.backend == name && origin.pool == pool;
    case drain_kind::listener: return origin.listener == name;
    }
    return false;
}

} // namespace fairlead::websocket
