// The connections of one worker that wait for their next exchange, by backend, the most recent first.
//
// A connection is given to its owner only (connection_owner); one that is anybody's to those who may share. A
// connection that spoke while it should be silent (bytes, an end, an error) is dropped, never reused.
// Bounds: at most `per_backend` for each backend, and none longer than the time given to sweep(). When they
// are that many, one more of anybody's is dropped, but a client's own one takes the place of the one that
// waits longest: its client may be gone. Thread: the worker's.
#pragma once

#include "proxy/net/timer_wheel.hpp"
#include "proxy/upstream/connection.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace fairlead::upstream {

class idle_connections
{
public:
    // The most recent one of the owner's that is still silent; null when there is none.
    connection_ptr take(const backend& to, const connection_owner& owner = {});

    // Keeps it for its owner, within `per_backend`.
    void put(connection_ptr idle, std::size_t per_backend, net::milliseconds_count now);

    // Drops those idle since `idle_before` or earlier, and those that are not silent.
    void sweep(net::milliseconds_count idle_before);

    // Drops all that are this owner's, who will not come back.
    void forget(const connection_owner& owner) noexcept;

    // Drops all to this backend.
    void forget(const backend& to) noexcept { by_backend_.erase(&to); }

    // Drops all but those to backends that `is_kept` says yes to.
    template <class Predicate>
    void retain(Predicate is_kept)
    {
        std::erase_if(by_backend_, [&](const auto& each) { return !is_kept(*each.first); });
    }

    void clear() noexcept { by_backend_.clear(); }
    std::size_t size() const noexcept;

private:
    struct entry
    {
        connection_ptr idle;
        net::milliseconds_count since;
        idle_mark counted; // before `idle` ends, which may own the backend
    };
    using owned_list = std::list<entry>;

    // Those of one backend.
    struct shelf
    {
        std::vector<entry> anybodys;
        owned_list owned; // the longest idle first
        std::unordered_map<connection_owner, std::vector<owned_list::iterator>, connection_owner::hash>
            by_owner;

        std::size_t size() const noexcept { return anybodys.size() + owned.size(); }
        void put_owned(entry kept);
        void unlink(owned_list::iterator at) noexcept; // it has its connection still
        owned_list::iterator drop_owned(owned_list::iterator at) noexcept;
    };

    static connection_ptr take_owned(shelf& from, const connection_owner& owner);

    std::unordered_map<const backend*, shelf> by_backend_;
};

} // namespace fairlead::upstream
