// How much of a pool there is to choose from, which of its priorities is in charge, and whether so little of
// that one is up that all of it is to be used.
//
// Decides nothing about one backend. Thread: any.
#pragma once

#include "proxy/upstream/backend.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace fairlead::upstream {

struct serving_share
{
    std::uint32_t all = 0; // without those that an operator drains
    std::uint32_t up = 0;  // neither down, draining, ejected nor backing off

    // So little is up that all are to be used. `threshold` is in per cent; with 0 only when nothing is.
    bool panics(std::uint32_t threshold) const noexcept
    {
        return up == 0 ? all != 0 : std::uint64_t{up} * 100 < std::uint64_t{threshold} * all;
    }
};

serving_share count_serving(std::span<const std::shared_ptr<backend>> backends, steady_time now) noexcept;

// The backends of one priority are a tier.
struct tier_in_charge
{
    std::uint32_t priority = 0;
    serving_share share;
    bool panics = false;
};

// The lowest priority of which enough is up. Where no tier has enough, the lowest that has anything up, or
// the lowest of all, which then panics. A pool of one priority is one tier.
tier_in_charge find_in_charge(std::span<const std::shared_ptr<backend>> backends, std::uint32_t threshold,
                              steady_time now) noexcept;

// The lowest priority there is, or the next one above `after`.
std::optional<std::uint32_t> next_priority(std::span<const std::shared_ptr<backend>> backends,
                                           std::optional<std::uint32_t> after = std::nullopt) noexcept;

} // namespace fairlead::upstream
