#include "proxy/routing/route_load.hpp"

namespace fairlead::routing {

void route_use::reset() noexcept
{
    // Release: the registry may free the count as soon as it sees it at zero.
    if (auto* owner = std::exchange(owner_, nullptr)) owner->live_.fetch_sub(1, std::memory_order_release);
}

route_use route_load::admit(std::uint32_t most) noexcept
{
    if (most == 0) {
        live_.fetch_add(1, std::memory_order_relaxed);
        return route_use(*this);
    }
    // Not an increment that is taken back: between the two, somebody who has room would be refused.
    auto live = live_.load(std::memory_order_relaxed);
    while (live < most) {
        if (live_.compare_exchange_weak(live, live + 1, std::memory_order_relaxed)) return route_use(*this);
    }
    return {};
}

std::shared_ptr<route_load> route_registry::obtain(const std::string& route_name)
{
    const std::lock_guard lock(mutex_);
    auto& known = loads_[route_name];
    if (known == nullptr) known = std::make_shared<route_load>();
    return known;
}

std::size_t route_registry::sweep()
{
    const std::lock_guard lock(mutex_);
    return std::erase_if(loads_, [](const auto& entry) {
        const auto& known = entry.second;
        // Nobody can begin to use a route that only the registry refers to: uses are made through a service.
        return known.use_count() == 1 && known->live_.load(std::memory_order_acquire) == 0;
    });
}

} // namespace fairlead::routing
