// When a source that has no other sign of a change is asked again.
//
//   all was answered  when the answer's TTL is over, within min_ttl and max_ttl, and up to a tenth later, so
//                     that replicas do not ask together
//   something failed  after min_ttl, doubling with each failure in a row up to half a minute, or up to
//                     min_ttl where that is more
//
// Pure; randomness is passed in.
#pragma once

#include "conf/discover_options.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace fairlead::discovery {

class look_schedule
{
public:
    static constexpr conf::duration longest_retry{30'000};

    explicit look_schedule(conf::duration min_ttl, conf::duration max_ttl) noexcept
        : min_ttl_(min_ttl)
        , max_ttl_(max_ttl)
    {}

    // `chance` is in [0, 1).
    conf::duration after_answer(std::chrono::seconds ttl, double chance) noexcept
    {
        failures_ = 0;
        const auto good_for = std::clamp(conf::duration(ttl), min_ttl_, max_ttl_);
        return good_for + part(good_for, chance);
    }

    conf::duration after_failure(double chance) noexcept
    {
        constexpr std::uint32_t most_doublings = 16;
        const auto most = std::max(longest_retry, min_ttl_);
        const auto wait = std::min(most, min_ttl_ * (1U << std::min(failures_, most_doublings)));
        ++failures_;
        return wait + part(wait, chance);
    }

private:
    static conf::duration part(conf::duration of, double chance) noexcept
    {
        return conf::duration(static_cast<std::int64_t>(static_cast<double>(of.count()) * 0.1 * chance));
    }

    conf::duration min_ttl_;
    conf::duration max_ttl_;
    std::uint32_t failures_ = 0; // in a row
};

} // namespace fairlead::discovery
