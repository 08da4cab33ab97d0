// What one search for a route cost, in steps that do not depend on the machine.
#pragma once

#include <cstdint>

namespace fairlead::routing {

struct match_cost
{
    std::uint32_t lookups = 0;    // in a hash table
    std::uint32_t candidates = 0; // routes whose conditions were tested
};

} // namespace fairlead::routing
