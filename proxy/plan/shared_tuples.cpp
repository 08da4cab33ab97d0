#include "proxy/plan/shared_tuples.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace fairlead::plan {
namespace {

struct destination_order
{
    bool operator()(const snat::tuple_destination& a, const snat::tuple_destination& b) const
    {
        return std::tie(a.ip.is_v6, a.ip.bytes, a.port) < std::tie(b.ip.is_v6, b.ip.bytes, b.port);
    }
};

// The tuples of one pool to one destination from one block. The kernel's own choice is a block of one unnamed
// address.
struct claim
{
    std::size_t pool = 0;
    conf::cidr sources;
    bool is_kernels = false;
    const conf::port_ranges* ports = nullptr;

    std::uint64_t source_count() const { return is_kernels ? 1 : conf::address_count(sources); }
    bool holds(const claim& other) const
    {
        if (is_kernels || other.is_kernels) return is_kernels && other.is_kernels;
        return sources.prefix_length <= other.sources.prefix_length && conf::overlaps(sources, other.sources);
    }
};

using claims_by_destination = std::map<snat::tuple_destination, std::vector<claim>, destination_order>;

claims_by_destination collect(std::span<const conf::pool_options> pools,
                              std::span<const tuple_capacity> capacities)
{
    claims_by_destination out;
    for (std::size_t i = 0; i < pools.size(); ++i) {
        for (const auto& destination : capacities[i].destinations) {
            auto& claims = out[destination];
            if (capacities[i].origin == tuple_origin::kernel_choice)
                claims.push_back({i, {}, true, &capacities[i].ports});
            for (const auto& block : pools[i].source) {
                if (block.address.is_v6 == destination.ip.is_v6)
                    claims.push_back({i, block, false, &capacities[i].ports});
            }
        }
    }
    return out;
}

bool share(const claim& a, const claim& b)
{
    return (a.holds(b) || b.holds(a)) && !conf::common_ports(*a.ports, *b.ports).empty();
}

std::uint64_t count_ports_of_any(const std::vector<claim>& claims, const claim& sources)
{
    conf::port_ranges counted;
    std::uint64_t total = 0;
    for (const auto& each : claims) {
        if (!each.holds(sources)) continue;
        // Without what an earlier claim has; `counted` need not be in order for that.
        auto fresh = *each.ports;
        for (const auto& range : counted)
            fresh = conf::without(fresh, {range});
        total += conf::count_ports(fresh);
        counted.insert(counted.end(), fresh.begin(), fresh.end());
    }
    return total;
}

// Blocks either lie apart or one in the other: each block's own addresses, which no smaller one has, are
// counted with the ports of every block around them.
std::uint64_t count_union(std::vector<claim> claims)
{
    std::vector<claim> blocks;
    for (const auto& each : claims) {
        const auto is_same = [&](const claim& known) { return known.holds(each) && each.holds(known); };
        if (std::ranges::none_of(blocks, is_same)) blocks.push_back(each);
    }
    std::uint64_t total = 0;
    for (const auto& block : blocks) {
        std::uint64_t own = block.source_count();
        for (const auto& inner : blocks) {
            const bool is_inside = block.holds(inner) && !inner.holds(block);
            // Only the largest of those inside: smaller ones are parts of them.
            const bool is_largest = is_inside && std::ranges::none_of(blocks, [&](const claim& between) {
                                        return block.holds(between) && !between.holds(block) &&
                                               between.holds(inner) && !inner.holds(between);
                                    });
            if (is_largest) own -= inner.source_count();
        }
        total += own * count_ports_of_any(claims, block);
    }
    return total;
}

std::size_t root_of(std::vector<std::size_t>& parents, std::size_t at)
{
    while (parents[at] != at)
        at = parents[at] = parents[parents[at]];
    return at;
}

} // namespace

std::vector<shared_tuples> find_shared(std::span<const conf::pool_options> pools,
                                       std::span<const tuple_capacity> capacities)
{
    const auto by_destination = collect(pools, capacities);
    std::vector<std::size_t> parents(pools.size());
    std::iota(parents.begin(), parents.end(), std::size_t{0});
    for (const auto& entry : by_destination) {
        const auto& claims = entry.second;
        for (std::size_t i = 0; i < claims.size(); ++i) {
            for (std::size_t j = i + 1; j < claims.size(); ++j) {
                if (claims[i].pool != claims[j].pool && share(claims[i], claims[j]))
                    parents[root_of(parents, claims[i].pool)] = root_of(parents, claims[j].pool);
            }
        }
    }
    std::map<std::size_t, shared_tuples> groups;
    for (std::size_t i = 0; i < pools.size(); ++i)
        groups[root_of(parents, i)].pools.push_back(i);
    std::vector<shared_tuples> out;
    for (auto& entry : groups) {
        auto& group = entry.second;
        if (group.pools.size() < 2) continue;
        std::uint64_t sum = 0;
        for (const auto pool : group.pools)
            sum += capacities[pool].connections().value_or(0);
        for (const auto& [destination, claims] : by_destination) {
            std::vector<claim> ours;
            for (const auto& each : claims) {
                if (std::ranges::find(group.pools, each.pool) != group.pools.end()) ours.push_back(each);
            }
            group.connections += count_union(std::move(ours));
        }
        group.connections =
            std::min(group.connections, sum); // unresolved names, and 98 % of the kernel's ports
        out.push_back(std::move(group));
    }
    return out;
}

} // namespace fairlead::plan
