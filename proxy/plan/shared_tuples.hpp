// Pools that dial the same destination from the same sources and ports take each other's tuples: together
// they hold fewer connections than the sum of each.
//
// Pure: no I/O, any thread. Cost: a few hundred pools and their blocks in milliseconds.
#pragma once

#include "conf/model.hpp"
#include "proxy/plan/tuple_capacity.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fairlead::plan {

struct shared_tuples
{
    std::vector<std::size_t> pools; // positions, two or more
    std::uint64_t connections = 0;  // that they can have together
};

// The groups of pools that share tuples directly or through others; `capacities` are the pools' own, in
// order.
std::vector<shared_tuples> find_shared(std::span<const conf::pool_options> pools,
                                       std::span<const tuple_capacity> capacities);

} // namespace fairlead::plan
