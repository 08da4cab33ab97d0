// One server address of a pool, with everything about it that workers share: its live count, its back-off,
// what its checks say, its ejection and the addresses its name resolves to. A reload that keeps the (pool,
// address) keeps the object.
//
// Does not dial, resolve or check health: others do and report here.
// Lifetime: owned by the backend_registry and the pools that list it; the registry outlives every use.
// Thread: any; lock-free, except publish(), which takes a mutex.
#pragma once

#include "conf/values.hpp"
#include "proxy/health/ejection.hpp"
#include "proxy/health/health_state.hpp"
#include "proxy/upstream/failure_backoff.hpp"
#include "proxy/upstream/published_addresses.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace fairlead::upstream {

class backend;
class request_queue;

// One live connection, exchange or tunnel of a backend; the destructor uncounts it.
class backend_use
{
public:
    backend_use() noexcept = default;              // none
    explicit backend_use(backend& owner) noexcept; // whatever its max_connections
    backend_use(backend_use&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr))
    {}
    backend_use& operator=(backend_use&& other) noexcept
    {
        if (this != &other) {
            reset();
            owner_ = std::exchange(other.owner_, nullptr);
        }
        return *this;
    }
    ~backend_use() { reset(); }

    explicit operator bool() const noexcept { return owner_ != nullptr; }
    backend* owner() const noexcept { return owner_; }
    void reset() noexcept;

private:
    friend class backend;
    struct is_counted
    {};
    backend_use(backend& owner, is_counted) noexcept
        : owner_(&owner)
    {}

    backend* owner_ = nullptr;
};

static_assert(sizeof(backend_use) <= 8, "every tunnel keeps one");

// One connection of a backend that is kept without a use; the destructor uncounts it.
class idle_mark
{
public:
    explicit idle_mark(backend& owner) noexcept;
    idle_mark(idle_mark&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr))
    {}
    idle_mark& operator=(idle_mark&& other) noexcept
    {
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~idle_mark();

private:
    backend* owner_;
};

// One connect to a backend that is under way; the destructor uncounts it.
class pending_connect
{
public:
    pending_connect(pending_connect&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr))
    {}
    pending_connect& operator=(pending_connect&&) = delete;
    ~pending_connect();

    explicit operator bool() const noexcept { return owner_ != nullptr; } // else there are as many as may be

private:
    friend class backend;
    explicit pending_connect(backend* owner) noexcept
        : owner_(owner)
    {}

    backend* owner_;
};

class backend
{
public:
    // An address that is an ip resolves to itself; a name resolves to nothing until publish().
    // The queue is its pool's; null: nobody waits for it.
    backend(std::string pool_name, conf::endpoint address, std::uint32_t weight,
            std::shared_ptr<request_queue> queue = nullptr);
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;

    const std::string& pool_name() const noexcept { return pool_name_; }
    const conf::endpoint& address() const noexcept { return address_; }

    // At least 1: what an operator wants, else the configuration's.
    std::uint32_t weight() const noexcept
    {
        const std::uint32_t wanted = wanted_weight();
        return wanted != 0 ? wanted : configured_weight();
    }
    std::uint32_t configured_weight() const noexcept { return weight_.load(std::memory_order_relaxed); }
    void set_weight(std::uint32_t weight) noexcept;
    std::uint32_t wanted_weight() const noexcept { return wanted_weight_.load(std::memory_order_relaxed); }
    void set_wanted_weight(std::uint32_t weight) noexcept // 0: the configuration's
    {
        wanted_weight_.store(weight, std::memory_order_relaxed);
    }

    // Of its pool: the lowest one that serves gets everything.
    std::uint32_t priority() const noexcept { return priority_.load(std::memory_order_relaxed); }
    void set_priority(std::uint32_t priority) noexcept
    {
        priority_.store(priority, std::memory_order_relaxed);
    }

    std::uint32_t live() const noexcept { return live_.load(std::memory_order_relaxed); }

    // How many of live() there may be; 0: any number. Those that are too many when it is lowered stay.
    std::uint32_t max_connections() const noexcept { return most_.load(std::memory_order_relaxed); }
    void set_max_connections(std::uint32_t most) noexcept { most_.store(most, std::memory_order_relaxed); }
    bool is_full() const noexcept { return room() == 0; }
    std::uint32_t room() const noexcept
    {
        const std::uint32_t most = max_connections();
        const std::uint32_t now = live();
        return most == 0 ? ~std::uint32_t{0} : most - std::min(now, most);
    }

    // One more, unless it is full: then none. Leaving makes room, and calls who waits for it.
    backend_use admit() noexcept;

    // How many requests wait for this very backend.
    std::uint32_t awaited() const noexcept { return awaited_.load(std::memory_order_relaxed); }
    void add_awaited(std::int32_t more) noexcept
    {
        awaited_.fetch_add(static_cast<std::uint32_t>(more), std::memory_order_relaxed);
    }

    // One more connect under way, unless there are `most` (0: any number): then none.
    pending_connect begin_connect(std::uint32_t most) noexcept;
    std::uint32_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }

    std::uint32_t idle() const noexcept { return idle_.load(std::memory_order_relaxed); } // kept connections

    // An operator wants it without connections: it is chosen for nothing new. A reload keeps that.
    bool is_draining() const noexcept { return is_draining_.load(std::memory_order_relaxed); }
    void set_draining(bool draining) noexcept { is_draining_.store(draining, std::memory_order_relaxed); }

    // An operator ejected it: it is chosen for nothing new, and what it has stays. A reload keeps that.
    bool is_withheld() const noexcept { return is_withheld_.load(std::memory_order_relaxed); }
    void set_withheld(bool withheld) noexcept { is_withheld_.store(withheld, std::memory_order_relaxed); }

    // Nothing new is to come to it, whatever its health is.
    bool is_closed_to_new() const noexcept { return is_draining() || is_withheld(); }

    failure_backoff& backoff() noexcept { return backoff_; }
    const failure_backoff& backoff() const noexcept { return backoff_; }
    health::ejection& ejection() noexcept { return ejection_; }
    const health::ejection& ejection() const noexcept { return ejection_; }

    // What the checks of its addresses say together; `checking` where there are none.
    health::checked_state checked() const noexcept { return checked_.load(std::memory_order_relaxed); }
    void set_checked(health::checked_state state) noexcept
    {
        checked_.store(state, std::memory_order_relaxed);
    }

    // Neither found down by its checks, nor draining by their answers, nor ejected, nor closed by an
    // operator. A back-off is another matter.
    bool is_serving(steady_time now) const noexcept
    {
        const auto state = checked();
        return (state == health::checked_state::up || state == health::checked_state::checking) &&
               !is_closed_to_new() && !ejection_.is_out(now);
    }

    // It accepted a connection.
    void connected(steady_time now) noexcept;

    // From here on its weight grows; `from` may be to come. `whole` of 0 switches that off.
    void set_slow_start(std::chrono::milliseconds whole) noexcept;
    void begin_slow_start(steady_time from) noexcept;

    // weight() in hundredths, or the part of it that a slow start has reached.
    std::uint32_t weight_now(steady_time now) const noexcept;

    // What the address resolves to now; empty for a Unix socket and for a name that is not resolved yet. The
    // reference is good for a minute after the set was replaced: copy it before a wait.
    const resolved_set& addresses() const noexcept { return resolved_.current(); }
    bool has_address() const noexcept // that can be dialled: not so for a name that is not resolved
    {
        return address_.what != conf::endpoint::kind::name || !addresses().empty();
    }
    void publish(resolved_set addresses) { resolved_.publish(std::move(addresses)); }

    // Those of addresses() that their checks found down. Never all of them: then the backend is down.
    const resolved_set& dead_addresses() const noexcept { return dead_.current(); }
    void publish_dead(resolved_set addresses) { dead_.publish(std::move(addresses)); }

private:
    friend class backend_use;
    friend class idle_mark;
    friend class pending_connect;
    friend class backend_registry;

    // Written at every open and close, so it shares its cache line with cold members only.
    alignas(64) std::atomic<std::uint32_t> live_{0};
    std::atomic<std::uint32_t> idle_{0}; // written when a connection is kept and taken
    std::atomic<std::uint32_t> weight_;
    std::atomic<std::uint32_t> priority_{0};
    std::atomic<std::uint32_t> most_{0};
    std::atomic<std::uint32_t> awaited_{0};
    std::atomic<std::uint32_t> pending_{0};
    std::atomic<health::checked_state> checked_{health::checked_state::checking};
    std::atomic<std::uint32_t> wanted_weight_{0};
    std::atomic<bool> is_draining_{false};
    std::atomic<bool> is_withheld_{false};
    failure_backoff backoff_;
    health::ejection ejection_;
    std::atomic<std::int64_t> slow_start_ms_{0}; // how long one takes
    std::atomic<std::int64_t> rising_ms_{0};     // when the last one began, on the steady clock; 0: none did
    const std::string pool_name_;
    const conf::endpoint address_;
    const std::shared_ptr<request_queue> queue_;
    published_addresses resolved_;
    published_addresses dead_;
};

} // namespace fairlead::upstream
