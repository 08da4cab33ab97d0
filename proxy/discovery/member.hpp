// One backend that a source outside the configuration names for a pool.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <vector>

namespace fairlead::discovery {

struct member
{
    conf::endpoint address;
    std::uint32_t weight = 1;   // 1..1000
    std::uint32_t priority = 0; // 0..65535, as of `backends`

    bool operator==(const member&) const = default;
};

inline constexpr std::uint32_t max_weight = 1'000; // as of `backends`

// Sorted by address, each once: so that two lists that say the same are equal.
using member_list = std::vector<member>;

void put_in_order(member_list& members); // of one address the first stays

} // namespace fairlead::discovery
