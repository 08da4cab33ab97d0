// When a request that failed is sent again, as plain, checked values: a part of the configuration's model.
//
// The same rules hold as for all of it, see model.hpp.
#pragma once

#include "conf/health_options.hpp"
#include "conf/values.hpp"

#include <cstdint>
#include <vector>

namespace fairlead::conf {

struct retry_options // pool.NAME.retry
{
    bool on_reset = true;               // the backend ended the connection before a byte of its answer
    bool on_timeout = false;            // no answer within try_timeout, or the pool's response_timeout
    std::vector<status_range> statuses; // answers of the backend
    std::uint32_t attempts = 1;         // after the first one
    duration try_timeout{0};            // of each attempt's answer; 0: the pool's response_timeout alone
    std::uint32_t budget = 20;          // per cent of the pool's requests that retries are at most; 1..100
    bool non_idempotent = false;        // POST and PATCH too

    bool operator==(const retry_options&) const = default;
};

} // namespace fairlead::conf
