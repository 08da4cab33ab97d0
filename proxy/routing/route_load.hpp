// How many tunnels and exchanges a route has now, over all workers, and the limit on it.
//
// The count belongs to the route's name, so a reload that changes the limit begins with what is open. It does
// not know what a connection is: who begins one takes a route_use and keeps it to the end.
// Lifetime: a route_load is owned by the route_registry and the services that list it; the registry outlives
// every use. Thread: any, lock-free; the registry takes a mutex, for start and reload.
#pragma once

#include "proxy/routing/client_load.hpp"
#include "proxy/routing/request_rates.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace fairlead::routing {

class route_load;

// One tunnel or exchange; the destructor uncounts it.
class route_use
{
public:
    route_use() noexcept = default; // none
    route_use(route_use&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr))
    {}
    route_use& operator=(route_use&& other) noexcept
    {
        if (this != &other) {
            reset();
            owner_ = std::exchange(other.owner_, nullptr);
        }
        return *this;
    }
    ~route_use() { reset(); }

    explicit operator bool() const noexcept { return owner_ != nullptr; }
    void reset() noexcept;

private:
    friend class route_load;
    explicit route_use(route_load& owner) noexcept
        : owner_(&owner)
    {}

    route_load* owner_ = nullptr;
};

static_assert(sizeof(route_use) <= 8, "every tunnel keeps one");

// On a cache line of its own: workers write it with every exchange.
class alignas(64) route_load
{
public:
    route_load() = default;
    route_load(const route_load&) = delete;
    route_load& operator=(const route_load&) = delete;

    // Counts one more, unless that would be more than `most`: then none. 0 is no limit.
    route_use admit(std::uint32_t most) noexcept;

    std::uint32_t live() const noexcept { return live_.load(std::memory_order_relaxed); }

    // An operator wants it without connections: nothing new is served. A reload keeps that.
    bool is_draining() const noexcept { return is_draining_.load(std::memory_order_relaxed); }
    void set_draining(bool draining) noexcept { is_draining_.store(draining, std::memory_order_relaxed); }

    // Of clients that the route bounds each; those from before it did are not counted.
    client_load& by_client() noexcept { return by_client_; }

    request_rates& rates() noexcept { return rates_; }

private:
    friend class route_use;
    friend class route_registry;

    std::atomic<std::uint32_t> live_{0};
    std::atomic<bool> is_draining_{false};
    client_load by_client_;
    request_rates rates_;
};

class route_registry
{
public:
    std::shared_ptr<route_load> obtain(const std::string& route_name); // created on first use

    // Forgets the routes that no configuration lists and no connection uses any more; returns how many.
    std::size_t sweep();

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<route_load>> loads_;
};

} // namespace fairlead::routing
