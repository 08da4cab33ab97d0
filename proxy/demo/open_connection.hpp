// A connection of the demo that has to be closed when the demo ends: in the registry for as long as it lives.
//
// close() must only wake what waits on the connection, never destroy it: whoever closes all of them walks the
// registry.
// Thread: the demo's.
#pragma once

#include <set>

namespace fairlead::demo {

class open_connection;
using connection_registry = std::set<open_connection*>;

class open_connection
{
public:
    explicit open_connection(connection_registry& all)
        : all_(all)
    {
        all_.insert(this);
    }
    open_connection(const open_connection&) = delete;
    open_connection& operator=(const open_connection&) = delete;
    virtual ~open_connection() { all_.erase(this); }

    virtual void close() noexcept = 0;

private:
    connection_registry& all_;
};

} // namespace fairlead::demo
