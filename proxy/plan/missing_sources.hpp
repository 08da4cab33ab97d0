// Source addresses that are not this machine's: a dial from one fails, whatever the ports.
//
// Pure: the local prefixes are passed in (net::machine_facts). Without them nothing is said.
#pragma once

#include "proxy/plan/capacity_plan.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fairlead::plan {

struct missing_addresses
{
    std::uint64_t count = 0;
    conf::ip_address first; // when there is one
};

// Of one block: those that no local prefix holds.
missing_addresses find_missing(const conf::cidr& block, std::span<const conf::cidr> local);

// One for each block that is not wholly local, however many pools use it.
std::vector<remedy> missing_source_problems(const conf::config& config, const net::machine_facts& machine);

} // namespace fairlead::plan
