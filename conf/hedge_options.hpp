// When a request that is left unanswered is asked of a second backend too, as plain, checked values: a part
// of the configuration's model.
//
// The same rules hold as for all of it, see model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>

namespace fairlead::conf {

struct hedge_options // pool.NAME.hedge
{
    duration after{0};            // without a byte of an answer; 0: as the quantile says
    std::uint32_t per_mille = 0;  // of the pool's answers that come within the wait; 0: `after` is the wait
    duration at_least{10};        // the wait, whatever the quantile says
    std::uint32_t max_share = 10; // per cent of the pool's requests that are asked twice at most; 1..100
    bool idempotent = false;      // PUT and DELETE too

    bool operator==(const hedge_options&) const = default;
};

} // namespace fairlead::conf
