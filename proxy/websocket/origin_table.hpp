// Where the tunnels of one worker come from: each (route, pool, backend, listener), with the list of its
// tunnels.
//
// An origin outlives reloads, so tunnels from before and after one are in the same list and have the same
// policy. Lifetime: the worker's; origins live as long as a tunnel or the table needs them. Thread: the
// worker's.
#pragma once

#include "proxy/websocket/tunnel.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fairlead::websocket {

using origin_ref = boost::intrusive_ptr<tunnel_origin>;

struct origin_key
{
    std::string route;
    std::string pool;
    std::string backend;
    bool is_websocket = true;
    std::string listener = {}; // its address

    auto operator<=>(const origin_key&) const = default;
};

class origin_table
{
public:
    // The one of that key, or a new one without cells and policy.
    origin_ref obtain(const origin_key& key);

    // In the order of their keys.
    std::vector<origin_ref> all() const;

    // How many it has made so far: whether there are new ones.
    std::uint64_t made() const noexcept { return made_; }

    // Forgets those that nothing else refers to.
    void sweep();

private:
    std::map<origin_key, origin_ref> origins_;
    std::uint64_t made_ = 0;
};

} // namespace fairlead::websocket
