#include "proxy/upstream/backend.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace fairlead::upstream {
namespace {

bool comes_before(const conf::ip_address& a, const conf::ip_address& b)
{
    return std::tie(a.is_v6, a.bytes) < std::tie(b.is_v6, b.bytes);
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
    , resolved_(nullptr)
{
    set_weight(weight);
    publish(address_.what == conf::endpoint::kind::ip ? resolved_set{address_.ip} : resolved_set{});
}

void backend::set_weight(std::uint32_t weight) noexcept
{
    weight_.store(std::max<std::uint32_t>(1, weight), std::memory_order_relaxed);
}

void backend::publish(resolved_set addresses)
{
    std::sort(addresses.begin(), addresses.end(), comes_before);
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());

    const std::lock_guard lock(publish_mutex_);
    if (!published_.empty() && *published_.back().addresses == addresses) return;
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(published_, [&](const publication& each) {
        return each.addresses.get() != resolved_.load(std::memory_order_relaxed) &&
               now - each.replaced_at > replaced_set_life;
    });
    if (!published_.empty()) published_.back().replaced_at = now;
    published_.push_back({std::make_unique<const resolved_set>(std::move(addresses)), now});
    resolved_.store(published_.back().addresses.get(), std::memory_order_release);
}

} // namespace fairlead::upstream
