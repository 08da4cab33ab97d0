// The tuples from one source to one destination, and the lease of one of them.
//
// Both are made by tuple_ledger, whose header tells the whole. Lock-free, any thread.
#pragma once

#include "conf/values.hpp"
#include "proxy/snat/port_map.hpp"
#include "proxy/snat/port_set.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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

// What a lease is held for.
enum class tuple_use : std::uint8_t
{
    connection, // ours
    resting,    // ours is over, and the kernel does not take the tuple yet
    foreign     // others use it
};

class quarantine;
class tuple_lease;

// A port_map that is there from its first use on.
class shared_port_map
{
public:
    shared_port_map() = default;
    shared_port_map(const shared_port_map&) = delete;
    shared_port_map& operator=(const shared_port_map&) = delete;
    ~shared_port_map() { delete map_.load(std::memory_order_relaxed); }

    port_map& get();

private:
    std::atomic<port_map*> map_{nullptr};
};

// On a cache line of its own: workers write it at every dial.
class alignas(64) tuple_space
{
public:
    struct identity
    {
        conf::ip_address source;
        tuple_destination destination;
        std::shared_ptr<const port_set> ports;
    };

    tuple_space(identity who, shared_port_map& taken, quarantine& aside)
        : taken_map_(taken)
        , aside_(aside)
        , who_(std::move(who))
        , capacity_(who_.ports->capacity())
    {}
    tuple_space(const tuple_space&) = delete;
    tuple_space& operator=(const tuple_space&) = delete;

    const conf::ip_address& source() const noexcept { return who_.source; }
    const tuple_destination& destination() const noexcept { return who_.destination; }
    const port_set& ports() const noexcept { return *who_.ports; }
    const std::shared_ptr<const port_set>& shared_ports() const noexcept { return who_.ports; }
    std::uint32_t capacity() const noexcept { return capacity_; }

    // Leases held, and tuples that wait for their time aside to end. Approximate while others write.
    std::uint32_t in_use() const noexcept;
    std::uint32_t set_aside() const noexcept { return set_aside_.load(std::memory_order_relaxed); }
    std::uint32_t foreign() const noexcept { return foreign_.load(std::memory_order_relaxed); } // of these

    std::uint32_t ours() const noexcept; // in use, or resting since

    // The ports of this set that are taken, by other spaces of the pair as well, in order; none where the
    // kernel chooses.
    std::vector<std::uint16_t> taken_ports();

    // What may still be claimed: 0 when full or paused at `now`.
    std::uint32_t free(steady_time now) const noexcept;

    // Takes one tuple: nothing when all are taken, never one too many, and the last one is found. Throws
    // std::bad_alloc at the first one.
    std::optional<tuple_lease> claim();

    // Takes that one; nothing when it is taken, or not of the ports, or where the kernel chooses.
    std::optional<tuple_lease> claim_port(std::uint16_t port);

    // Counts as full until `until`: the source itself cannot be used.
    void pause(steady_time until) noexcept;

private:
    friend class tuple_lease;
    friend class tuple_ledger;

    bool count_one() noexcept;
    void release(std::uint16_t port) noexcept;
    void count_use(tuple_use use, std::uint32_t change) noexcept;

    std::atomic<std::uint32_t> taken_{0};
    std::atomic<std::uint32_t> set_aside_{0};   // of taken_
    std::atomic<std::uint32_t> foreign_{0};     // of set_aside_
    std::atomic<std::int64_t> paused_until_{0}; // steady clock's count
    shared_port_map& taken_map_;
    quarantine& aside_;
    const identity who_;
    const std::uint32_t capacity_;
    std::uint32_t holders_ = 0; // under the ledger's mutex
};

// One claimed tuple, given back by the destructor: only once the kernel would take it again, so not before
// the connection's descriptor is closed (tuple_return.hpp says when).
class tuple_lease
{
public:
    tuple_lease() noexcept = default; // none
    tuple_lease(tuple_lease&& other) noexcept
        : space_(std::exchange(other.space_, nullptr))
        , port_(other.port_)
        , use_(other.use_)
    {}
    tuple_lease& operator=(tuple_lease&& other) noexcept
    {
        if (this != &other) {
            reset();
            space_ = std::exchange(other.space_, nullptr);
            port_ = other.port_;
            use_ = other.use_;
        }
        return *this;
    }
    ~tuple_lease() { reset(); }

    explicit operator bool() const noexcept { return space_ != nullptr; }

    // Only when not empty.
    const conf::ip_address& source() const noexcept { return space_->source(); }
    tuple_space& space() const noexcept { return *space_; }
    std::uint16_t port() const noexcept { return port_; } // 0: the kernel chooses it

    tuple_use use() const noexcept { return use_; }

    // Gives the tuple back at `until`, when the ledger is swept. Empty afterwards.
    void set_aside(steady_time until, tuple_use use = tuple_use::resting) noexcept;

    // It is held because others use it, and counts so until it ends.
    void mark_foreign() noexcept { change_use(tuple_use::foreign); }

    void reset() noexcept; // gives it back now

private:
    friend class tuple_space;
    tuple_lease(tuple_space& space, std::uint16_t port) noexcept
        : space_(&space)
        , port_(port)
    {}

    void change_use(tuple_use use) noexcept;

    tuple_space* space_ = nullptr;
    std::uint16_t port_ = 0;
    tuple_use use_ = tuple_use::connection;
};

static_assert(sizeof(tuple_lease) <= 16, "every tunnel keeps one");

} // namespace fairlead::snat
