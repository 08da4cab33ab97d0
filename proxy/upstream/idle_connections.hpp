// The connections of one worker that wait for their next exchange, by backend, the most recent first.
//
// A connection that spoke while it should be silent (bytes, an end, an error) is dropped, never reused.
// Bounds: at most
// `per_backend` for each backend, and none longer than the time given to sweep(). Thread: the worker's.
#pragma once

#include "proxy/net/timer_wheel.hpp"
#include "proxy/upstream/connection.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace fairlead::upstream {

class idle_connections
{
public:
    // The most recent one that is still silent; nothing when there is none.
    std::optional<connection> take(const backend& to);

    // Keeps it, or drops it when `per_backend` are kept already.
    void put(connection idle, std::size_t per_backend, net::milliseconds_count now);

    // Drops those idle since `idle_before` or earlier, and those that are not silent.
    void sweep(net::milliseconds_count idle_before);

    void clear() noexcept { by_backend_.clear(); }
    std::size_t size() const noexcept;

private:
    struct entry
    {
        connection idle;
        net::milliseconds_count since;
        idle_mark counted; // before `idle` ends, which may own the backend
    };

    std::unordered_map<const backend*, std::vector<entry>> by_backend_;
};

} // namespace fairlead::upstream
