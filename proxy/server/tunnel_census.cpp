#include "proxy/server/tunnel_census.hpp"

#include <algorithm>
#include <numeric>

namespace fairlead::server {

tunnel_census::tunnel_census(std::span<const metrics::worker_shard* const> shards)
{
    for (std::size_t i = 0; i < shards.size(); ++i) {
        std::vector<metrics::worker_shard::tunnel_list::entry> listed;
        shards[i]->tunnels().append_to(listed);
        for (const auto& each : listed) {
            const std::int64_t count = each.cells->staying.value();
            if (count <= 0) continue;
            counted_.push_back(
                {each.labels[0], each.labels[1], each.labels[2], static_cast<std::uint64_t>(count), i});
        }
    }
}

std::vector<std::uint64_t> split(std::uint64_t total, std::span<const std::uint64_t> weights)
{
    const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    std::vector<std::uint64_t> parts(weights.size());
    if (sum == 0) return parts;
    total = std::min(total, sum);
    std::uint64_t given = 0;
    for (std::size_t i = 0; i < parts.size(); ++i)
        given += parts[i] = total * weights[i] / sum;
    // What rounding left goes to the largest remainders.
    std::vector<std::size_t> order(parts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](std::size_t i) { return total * weights[i] % sum; });
    for (std::size_t i = 0; given < total; ++i, ++given)
        ++parts[order[i]];
    return parts;
}

} // namespace fairlead::server
