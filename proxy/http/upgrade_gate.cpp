#include "proxy/http/upgrade_gate.hpp"

#include <algorithm>

namespace fairlead::http {

bool upgrade_gate::admit(const conf::rate_limit& limit, std::chrono::nanoseconds now) noexcept
{
    if (limit.per_second == 0) return true;
    const double each_ns = 1e9 / limit.per_second;
    const auto burst_ns = static_cast<std::int64_t>(each_ns * static_cast<double>(limit.burst));
    std::int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
    for (;;) {
        const std::int64_t next =
            std::max<std::int64_t>(full_at, now.count()) + static_cast<std::int64_t>(each_ns);
        if (next - now.count() > burst_ns) return false;
        if (full_at_ns_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return true;
    }
}

upgrade_gate& upgrade_gates::obtain(std::string_view address)
{
    const std::lock_guard lock(mutex_);
    auto known = gates_.find(address);
    if (known == gates_.end())
        known = gates_.emplace(std::string(address), std::make_unique<upgrade_gate>()).first;
    return *known->second;
}

} // namespace fairlead::http
