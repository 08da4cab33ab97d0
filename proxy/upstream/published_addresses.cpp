#include "proxy/upstream/published_addresses.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace fairlead::upstream {
namespace {

bool comes_before(const conf::ip_address& a, const conf::ip_address& b)
{
    return std::tie(a.is_v6, a.bytes) < std::tie(b.is_v6, b.bytes);
}

} // namespace

published_addresses::published_addresses(resolved_set first)
    : current_(nullptr)
{
    publish(std::move(first));
}

void published_addresses::publish(resolved_set addresses)
{
    std::sort(addresses.begin(), addresses.end(), comes_before);
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());

    const std::lock_guard lock(mutex_);
    if (!published_.empty() && *published_.back().addresses == addresses) return;
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(published_, [&](const publication& each) {
        return each.addresses.get() != current_.load(std::memory_order_relaxed) &&
               now - each.replaced_at > replaced_set_life;
    });
    if (!published_.empty()) published_.back().replaced_at = now;
    published_.push_back({std::make_unique<const resolved_set>(std::move(addresses)), now});
    current_.store(published_.back().addresses.get(), std::memory_order_release);
}

} // namespace fairlead::upstream
