// One connection to a backend while HTTP is spoken on it, with the source tuple it occupies.
//
// Movable; the members end in the order that gives the tuple back only after the descriptor is closed.
#pragma once

#include "proxy/net/read_buffer.hpp"
#include "proxy/net/stream.hpp"
#include "proxy/snat/tuple_ledger.hpp"
#include "proxy/upstream/backend.hpp"

#include <memory>

namespace fairlead::upstream {

struct connection
{
    snat::tuple_lease source; // empty when the kernel chose the source
    std::shared_ptr<backend> to;
    net::stream stream;
    net::read_buffer unread;
    bool is_reused = false; // served an exchange before
};

} // namespace fairlead::upstream
