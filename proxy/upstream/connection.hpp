// One connection to a backend while HTTP is spoken on it, with the source tuple it occupies.
//
// It closes its descriptor, and lets the tuple end when the kernel would take it again. Movable while it
// is dialled; from then on it stays where it is, and who has it is a matter of a pointer.
#pragma once

#include "proxy/net/read_buffer.hpp"
#include "proxy/net/stream.hpp"
#include "proxy/snat/tuple_space.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/upstream/connection_owner.hpp"

#include <memory>

namespace fairlead::upstream {

struct connection
{
    explicit connection(net::executor where)
        : stream(where)
    {}
    connection(connection&&) noexcept = default;
    connection& operator=(connection&& other) noexcept;
    ~connection() { close(); }

    void close() noexcept; // what waits on it is cancelled

    snat::tuple_lease source; // empty when the kernel chose the source
    std::shared_ptr<backend> to;
    net::stream stream;
    net::read_buffer unread;
    connection_owner owner;
    // Of the dial that made it.
    std::chrono::steady_clock::time_point dialled_at{};
    std::chrono::steady_clock::time_point connected_at{};
    bool is_reused = false; // served an exchange before
};

using connection_ptr = std::unique_ptr<connection>;

} // namespace fairlead::upstream
