// Owns the tuples (source address, source port, destination address and port), because the 16 bits of a
// source port are what limits connections. One ledger per process; it outlives reloads, so the same pair of
// source and destination is always the same bits.
//
// A tuple_space gives out its ports one by one and counts them exactly, down to the last one; where the
// kernel chooses the port, it only counts. It knows nothing of sockets, nor of ports that other processes
// use: those that bind() or connect() refuse are told to it by set_aside(). Two spaces of one pair with
// different ports (two pools, or a reload that changed them) share the bits, so a port that both have is
// given out once; only their counts are apart. What the kernel knows of its tuples: foreign_tuples.hpp.
// Lifetime: the ledger outlives every source_pool and every lease. A space lives while a holder or a lease
// needs it.
// Thread: hold(), drop(), sweep() and usage() take a mutex (first use of a destination, reload, timer,
// scrape); everything on a tuple_space and a tuple_lease is lock-free, from any thread.
// Source: RFC 9293 3.3.1 (a connection is named by its pair of sockets).
#pragma once

#include "proxy/snat/quarantine.hpp"
#include "proxy/snat/tuple_space.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace fairlead::snat {

struct tuple_usage // for metrics
{
    std::string source;
    std::string destination;
    std::shared_ptr<const port_set> ports;
    std::uint32_t in_use = 0;
    std::uint32_t set_aside = 0; // not in use by us, and not to be claimed yet
    std::uint32_t capacity = 0;
    std::uint32_t foreign = 0; // of those set aside: others use them
};

class tuple_ledger
{
public:
    tuple_ledger() = default;
    tuple_ledger(const tuple_ledger&) = delete;
    tuple_ledger& operator=(const tuple_ledger&) = delete;

    // The space of the pair and these ports, created on first use. Valid until drop(); balanced calls.
    tuple_space& hold(const conf::ip_address& source, const tuple_destination& destination,
                      const std::shared_ptr<const port_set>& ports);

    // The holder claims nothing more. Its leases stay good; spaces that nobody holds or uses are freed.
    void drop(const std::vector<tuple_space*>& spaces);

    // Gives back the tuples whose time aside is over; returns how many. Call it several times a second.
    std::size_t sweep(steady_time now) { return aside_.sweep(now); }

    std::vector<tuple_usage> usage() const; // every space there is, in no order

    // Holds once more each space that somebody holds. For drop().
    std::vector<tuple_space*> hold_all();

    std::uint64_t spaces_made() const noexcept { return spaces_made_.load(std::memory_order_relaxed); }
    quarantine& aside() noexcept { return aside_; }

private:
    struct pair_key
    {
        conf::ip_address source;
        tuple_destination destination;
        bool operator==(const pair_key&) const = default;
    };
    struct key_hash
    {
        std::size_t operator()(const pair_key& key) const noexcept;
    };
    struct pair_entry
    {
        shared_port_map taken;
        std::vector<std::unique_ptr<tuple_space>> spaces; // by ports: one, but for reloads that change them
    };

    mutable std::mutex mutex_;
    std::unordered_map<pair_key, pair_entry, key_hash> pairs_; // entries stay where they are
    std::atomic<std::uint64_t> spaces_made_{0};
    quarantine aside_; // ends before the spaces it returns to
};

} // namespace fairlead::snat
