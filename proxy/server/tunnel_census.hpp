// How many WebSocket tunnels there are by route, pool, backend and worker, without those that were told to
// leave: read off the workers' metric shards, so nobody is asked and nobody waits.
//
// Numbers of one moment may differ by what happens while reading. Views are good as long as the shards.
// Thread: any.
#pragma once

#include "metrics/worker_shard.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fairlead::server {

struct counted_tunnels
{
    std::string_view route;
    std::string_view pool;
    std::string_view backend;
    std::uint64_t count = 0;
    std::size_t worker = 0; // position of its shard
};

class tunnel_census
{
public:
    explicit tunnel_census(std::span<const metrics::worker_shard* const> shards);

    const std::vector<counted_tunnels>& all() const noexcept { return counted_; } // none of no tunnel

    template <class Predicate>
    std::uint64_t count(Predicate of) const
    {
        std::uint64_t sum = 0;
        for (const counted_tunnels& each : counted_)
            sum += of(each) ? each.count : 0;
        return sum;
    }

private:
    std::vector<counted_tunnels> counted_;
};

// `total` in parts that are as `weights` to one another, as near as whole numbers come; no part is above its
// weight. `total` is at most the sum of the weights.
std::vector<std::uint64_t> split(std::uint64_t total, std::span<const std::uint64_t> weights);

} // namespace fairlead::server
