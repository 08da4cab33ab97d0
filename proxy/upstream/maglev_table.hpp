// Which backend each slot of a service or pool belongs to, by Maglev hashing: even shares, and few slots that
// move when a backend comes or goes.
//
// It depends on nothing but its arguments, and not on their order, so two processes with the same backends
// agree without talking to each other, and one that restarts agrees with itself. Pure. Thread: any.
// Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, 3.4;
// weights by letting a backend take its turn in that share of the rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fairlead::upstream {

struct maglev_backend
{
    std::string name;         // its identity; unique
    std::uint32_t weight = 1; // at least 1
};

// For each of `slot_count` slots the index of its backend; empty when there are no backends. The count is
// a prime and not less than the number of backends. Each backend gets a slot at least, and for equal
// weights the counts differ by one at most.
std::vector<std::size_t> maglev_slots(std::span<const maglev_backend> backends, std::uint32_t slot_count);

} // namespace fairlead::upstream
