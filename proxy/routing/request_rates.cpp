#include "proxy/routing/request_rates.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace fairlead::routing {
namespace {

constexpr std::chrono::seconds sweep_interval{1};

} // namespace

struct request_rates::shard
{
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, nanoseconds> rested_at; // when the whole burst is free again

    nanoseconds swept_at{0};

    // Room for one more. A flood does not make each of its keys pay for a look at all others.
    void make_room(std::uint64_t coming, nanoseconds now)
    {
        if (rested_at.size() < keys_for_each) return;
        if (now - swept_at >= sweep_interval) {
            swept_at = now;
            std::erase_if(rested_at, [&](const auto& entry) { return entry.second <= now; });
        }
        // Any will do, but not always the youngest, which the map has in front.
        const std::size_t buckets = rested_at.bucket_count();
        for (std::size_t at = coming % buckets; rested_at.size() >= keys_for_each; at = (at + 1) % buckets) {
            if (rested_at.begin(at) != rested_at.end(at))
                rested_at.erase(std::uint64_t{rested_at.begin(at)->first});
        }
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
        in.make_room(key, now);
        found = in.rested_at.emplace(key, now).first;
    }
    const nanoseconds busy_until = std::max(found->second, now);
    if (busy_until - now > tolerance) return busy_until - now - tolerance;
    found->second = busy_until + each;
    return nanoseconds{0};
}

void request_rates::give_back(std::uint64_t key, const conf::rate_limit& limit)
{
    shard& in = shards_[key >> 58];
    const std::lock_guard lock(in.mutex);
    const auto found = in.rested_at.find(key);
    if (found != in.rested_at.end())
        found->second -= nanoseconds(static_cast<std::int64_t>(1e9 / limit.per_second));
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
