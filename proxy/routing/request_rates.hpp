// How fast each client of a route may send requests, over all workers: a rate and a burst for each key.
//
// A key is a hash of whatever stands for a client; two that collide share a rate. A request that comes too
// early is not counted, so who waits as long as it was told gets through. Bounded: 65,536 keys; beyond
// that, keys that have rested are forgotten, then any: a flood of new keys can let an old one off, and
// never keeps a new one out. Shape: the generic cell rate algorithm (ITU-T I.371, Annex A), a time for
// each key, in 64 shards. Lifetime: as the route_load that owns it. Thread: any; a shard's mutex is held
// for a look-up, and only routes with a rate come here.
#pragma once

#include "conf/values.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace fairlead::routing {

class request_rates
{
public:
    using nanoseconds = std::chrono::nanoseconds; // of a steady clock

    request_rates();
    request_rates(const request_rates&) = delete;
    request_rates& operator=(const request_rates&) = delete;
    ~request_rates();

    // 0 when the request may pass, which counts it; else how much too early it is. `limit` has a rate.
    nanoseconds admit(std::uint64_t key, const conf::rate_limit& limit, nanoseconds now);

    // What one request took is free again, at once.
    void give_back(std::uint64_t key, const conf::rate_limit& limit);

    std::size_t keys() const; // that are remembered

private:
    static constexpr std::size_t shard_count = 64;
    static constexpr std::size_t keys_for_each = 1'024;
    struct shard;

    std::unique_ptr<shard[]> shards_;
};

} // namespace fairlead::routing
