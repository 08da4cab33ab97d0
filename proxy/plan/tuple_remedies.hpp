// The ways past the tuples of a pool: more source addresses, more ports, more destinations, each computed for
// a number of connections.
//
// Pure; any thread.
#pragma once

#include "proxy/plan/capacity_plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::plan {

// `wanted` is more than the pool holds.
std::vector<std::string> ways_for_tuples(std::string_view pool, std::uint64_t wanted, const plan_input& input,
                                         const capacity_plan& plan);

} // namespace fairlead::plan
