// One server address of a pool, with everything about it that workers share: its live count, its back-off and
// the addresses its name resolves to. A reload that keeps the (pool, address) keeps the object.
//
// Does not dial, resolve or check health: others do and report here.
// Lifetime: owned by the backend_registry and the pools that list it; the registry outlives every use.
// Thread: any; lock-free, except publish(), which takes a mutex.
#pragma once

#include "conf/values.hpp"
#include "proxy/upstream/failure_backoff.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::upstream {

using resolved_set = std::vector<conf::ip_address>; // sorted, without repetition

class backend;

// One live connection, exchange or tunnel of a backend; the destructor uncounts it.
class backend_use
{
public:
    backend_use() noexcept = default; // none
    explicit backend_use(backend& owner) noexcept;
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

class backend
{
public:
    // An address that is an ip resolves to itself; a name resolves to nothing until publish().
    backend(std::string pool_name, conf::endpoint address, std::uint32_t weight);
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;

    const std::string& pool_name() const noexcept { return pool_name_; }
    const conf::endpoint& address() const noexcept { return address_; }

    std::uint32_t weight() const noexcept { return weight_.load(std::memory_order_relaxed); } // at least 1
    void set_weight(std::uint32_t weight) noexcept;

    std::uint32_t live() const noexcept { return live_.load(std::memory_order_relaxed); }

    std::uint32_t idle() const noexcept { return idle_.load(std::memory_order_relaxed); } // kept connections

    // An operator wants it without connections: it is chosen for nothing new. A reload keeps that.
    bool is_draining() const noexcept { return is_draining_.load(std::memory_order_relaxed); }
    void set_draining(bool draining) noexcept { is_draining_.store(draining, std::memory_order_relaxed); }

    failure_backoff& backoff() noexcept { return backoff_; }
    const failure_backoff& backoff() const noexcept { return backoff_; }

    // What the address resolves to now; empty for a Unix socket and for a name that is not resolved yet. The
    // reference is good for a minute after the set was replaced: copy it before a wait.
    const resolved_set& addresses() const noexcept { return *resolved_.load(std::memory_order_acquire); }

    // Replaces addresses(); order and repetition do not matter. A replaced set is freed a minute later at the
    // earliest, because a worker may still read it.
    void publish(resolved_set addresses);

private:
    struct publication
    {
        std::unique_ptr<const resolved_set> addresses;
        std::chrono::steady_clock::time_point replaced_at;
    };
    static constexpr std::chrono::minutes replaced_set_life{1};

    friend class backend_use;
    friend class idle_mark;
    friend class backend_registry;

    // Written at every open and close, so it shares its cache line with cold members only.
    alignas(64) std::atomic<std::uint32_t> live_{0};
    std::atomic<std::uint32_t> idle_{0}; // written when a connection is kept and taken
    std::mutex publish_mutex_;
    std::vector<publication> published_; // the last is the current one
    const std::string pool_name_;
    const conf::endpoint address_;
    std::atomic<const resolved_set*> resolved_;
    std::atomic<std::uint32_t> weight_;
    std::atomic<bool> is_draining_{false};
    failure_backoff backoff_;
};

} // namespace fairlead::upstream
