// Counts the connections per (source address, destination address and port), because that is what the 16 bits
// of a source port limit. One ledger per process; it outlives reloads, so the same pair is the same space.
//
// A space counts; the kernel chooses the port (IP_BIND_ADDRESS_NO_PORT). It knows nothing of sockets, nor of
// ports that other processes use: a connect that fails with EADDRNOTAVAIL is told to it by set_aside().
// Lifetime: the ledger outlives every source_pool and every lease. A space lives while a holder or a lease
// needs it.
// Thread: hold(), drop() and usage() take a mutex (first use of a destination, reload, scrape); everything on
// a tuple_space and a tuple_lease is lock-free, from any thread.
// Source: ip(7) on IP_BIND_ADDRESS_NO_PORT; RFC 9293 3.3.1 (a connection is named by its pair of sockets).
#pragma once

#include "conf/values.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fairlead::snat {

using steady_time = std::chrono::steady_clock::time_point;

struct tuple_destination
{
    conf::ip_address ip;
    std::uint16_t port = 0; // host byte order

    bool operator==(const tuple_destination&) const = default;
};

std::string to_string(const tuple_destination& destination); // "10.0.0.1:80", "[::1]:80"
std::uint64_t hash_of(const tuple_destination& destination) noexcept;

class tuple_lease;

// The tuples from one source to one destination. On a cache line of its own: workers write it at every dial.
class alignas(64) tuple_space
{
public:
    tuple_space(const conf::ip_address& source, const tuple_destination& destination, std::uint32_t capacity)
        : source_(source)
        , destination_(destination)
        , capacity_(capacity)
    {}
    tuple_space(const tuple_space&) = delete;
    tuple_space& operator=(const tuple_space&) = delete;

    const conf::ip_address& source() const noexcept { return source_; }
    const tuple_destination& destination() const noexcept { return destination_; }
    std::uint32_t capacity() const noexcept { return capacity_; }
    std::uint32_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }

    // What may still be claimed: 0 when full or set aside at `now`.
    std::uint32_t free(steady_time now) const noexcept;

    // Takes one tuple; nothing when in_use() has reached capacity(), never one too many.
    std::optional<tuple_lease> claim() noexcept;

    // Counts as full until `until`: the kernel had no port left for this pair although we counted some.
    void set_aside(steady_time until) noexcept;

private:
    friend class tuple_lease;
    friend class tuple_ledger;

    void release() noexcept;

    std::atomic<std::uint32_t> in_use_{0};
    std::atomic<std::int64_t> set_aside_until_{0}; // steady clock's count
    const conf::ip_address source_;
    const tuple_destination destination_;
    const std::uint32_t capacity_;
    std::uint32_t holders_ = 0; // under the ledger's mutex
};

// One claimed tuple, given back by the destructor. Hold it as long as the connection's descriptor is open.
class tuple_lease
{
public:
    tuple_lease() noexcept = default; // none
    tuple_lease(tuple_lease&& other) noexcept
        : space_(std::exchange(other.space_, nullptr))
    {}
    tuple_lease& operator=(tuple_lease&& other) noexcept
    {
        if (this != &other) {
            reset();
            space_ = std::exchange(other.space_, nullptr);
        }
        return *this;
    }
    ~tuple_lease() { reset(); }

    explicit operator bool() const noexcept { return space_ != nullptr; }
    const conf::ip_address& source() const noexcept { return space_->source(); } // only when not empty

    // Gives the tuple back and lets its space count as full until `until`.
    void set_aside(steady_time until) noexcept;
    void reset() noexcept;

private:
    friend class tuple_space;
    explicit tuple_lease(tuple_space& space) noexcept
        : space_(&space)
    {}

    tuple_space* space_ = nullptr;
};

static_assert(sizeof(tuple_lease) <= 16, "every tunnel keeps one");

struct tuple_usage // for metrics
{
    std::string source;
    std::string destination;
    std::uint32_t in_use = 0;
    std::uint32_t capacity = 0;
};

class tuple_ledger
{
public:
    // Every space gets `ports_per_space` tuples: local_port_range().count() (port_range.hpp).
    explicit tuple_ledger(std::uint32_t ports_per_space)
        : ports_per_space_(ports_per_space)
    {}
    tuple_ledger(const tuple_ledger&) = delete;
    tuple_ledger& operator=(const tuple_ledger&) = delete;

    std::uint32_t ports_per_space() const noexcept { return ports_per_space_; }

    // The space of the pair, created on first use. Valid until drop(); balanced calls.
    tuple_space& hold(const conf::ip_address& source, const tuple_destination& destination);

    // The holder claims nothing more. Its leases stay good; spaces that nobody holds or uses are freed.
    void drop(const std::vector<tuple_space*>& spaces);

    std::vector<tuple_usage> usage() const; // every space there is, in no order

private:
    struct space_key
    {
        conf::ip_address source;
        tuple_destination destination;
        bool operator==(const space_key&) const = default;
    };
    struct key_hash
    {
        std::size_t operator()(const space_key& key) const noexcept;
    };

    const std::uint32_t ports_per_space_;
    mutable std::mutex mutex_;
    std::unordered_map<space_key, std::unique_ptr<tuple_space>, key_hash> spaces_;
};

} // namespace fairlead::snat
