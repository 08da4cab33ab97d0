#include "proxy/upstream/backend.hpp"

#include "proxy/health/slow_start.hpp"

#include <algorithm>

namespace fairlead::upstream {
namespace {

// A backend whose probe failed too was away for a while, and not for one lost packet.
constexpr std::uint32_t failures_of_an_absence = 2;

std::chrono::milliseconds to_ms(steady_time at) noexcept
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
}

resolved_set first_addresses(const conf::endpoint& address)
{
    return address.what == conf::endpoint::kind::ip ? resolved_set{address.ip} : resolved_set{};
}

} // namespace

backend_use::backend_use(backend& owner) noexcept
    : owner_(&owner)
{
    owner.live_.fetch_add(1, std::memory_order_relaxed);
}

void backend_use::reset() noexcept
{
    // Release: the registry may free the backend as soon as it sees the count at zero.
    if (auto* owner = std::exchange(owner_, nullptr)) owner->live_.fetch_sub(1, std::memory_order_release);
}

idle_mark::idle_mark(backend& owner) noexcept
    : owner_(&owner)
{
    owner_->idle_.fetch_add(1, std::memory_order_relaxed);
}

idle_mark::~idle_mark()
{
    if (owner_ != nullptr) owner_->idle_.fetch_sub(1, std::memory_order_relaxed);
}

backend::backend(std::string pool_name, conf::endpoint address, std::uint32_t weight)
    : pool_name_(std::move(pool_name))
    , address_(std::move(address))
    , resolved_(first_addresses(address_))
    , dead_(resolved_set{})
{
    set_weight(weight);
}

void backend::set_weight(std::uint32_t weight) noexcept
{
    weight_.store(std::max<std::uint32_t>(1, weight), std::memory_order_relaxed);
}

void backend::connected(steady_time now) noexcept
{
    if (backoff_.failures() >= failures_of_an_absence) begin_slow_start(now);
    backoff_.succeed();
}

void backend::set_slow_start(std::chrono::milliseconds whole) noexcept
{
    slow_start_ms_.store(whole.count(), std::memory_order_relaxed);
}

void backend::begin_slow_start(steady_time from) noexcept
{
    rising_ms_.store(to_ms(from).count(), std::memory_order_relaxed);
}

std::uint32_t backend::weight_now(steady_time now) const noexcept
{
    const std::int64_t began = rising_ms_.load(std::memory_order_relaxed);
    if (began == 0) return weight() * 100;
    const std::chrono::milliseconds whole(slow_start_ms_.load(std::memory_order_relaxed));
    return weight() * health::share_after(to_ms(now) - std::chrono::milliseconds(began), whole);
}

} // namespace fairlead::upstream
