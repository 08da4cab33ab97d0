// How much of a pool there is to choose from, and whether that is so little that all of it is to be used.
//
// Decides nothing about one backend. Thread: any.
#pragma once

#include "proxy/upstream/backend.hpp"

#include <cstdint>
#include <memory>
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

} // namespace fairlead::upstream
