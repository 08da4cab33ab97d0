#include "proxy/routing/request_rates.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace fairlead::routing {

struct request_rates::shard
{
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, nanoseconds> rested_at; // when the whole burst is free again

    // Room for one more.
    void make_room(nanoseconds now)
    {
        if (rested_at.size() < keys_for_each) return;
        std::erase_if(rested_at, [&](const auto& entry) { return entry.second <= now; });
        if (rested_at.size() >= keys_for_each) rested_at.erase(rested_at.begin());
    }
};

request_rates::request_rates()
    : shards_(std::make_unique<shard[]>(shard_count))
{}

request_rates::~request_rates() = default;

request_rates::nanoseconds request_rates::admit(std::uint64_t key, const conf::rate_limit& limit,
                                                nanoseconds now)
{
    const nanoseconds each(static_cast<std::int64_t>(1e9 / limit.per_second));
    const nanoseconds tolerance = each * static_cast<std::int64_t>(limit.burst - 1);
    shard& in = shards_[key >> 58]; // the table inside goes by other bits
    static_assert(shard_count == 64);
    const std::lock_guard lock(in.mutex);
    auto found = in.rested_at.find(key);
    if (found == in.rested_at.end()) {
        in.make_room(now);
        found = in.rested_at.emplace(key, now).first;
    }
    const nanoseconds busy_until = std::max(found->second, now);
    if (busy_until - now > tolerance) return busy_until - now - tolerance;
    found->second = busy_until + each;
    return nanoseconds{0};
}

std::size_t request_rates::keys() const
{
    std::size_t total = 0;
    for (std::size_t i = 0; i < shard_count; ++i) {
        const std::lock_guard lock(shards_[i].mutex);
        total += shards_[i].rested_at.size();
    }
    return total;
}

} // namespace fairlead::routing
