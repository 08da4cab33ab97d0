// How many upgrades a second come through a listener, over all workers: those above its rate are refused, so
// that a storm of reconnecting clients does not reach the backends all at once.
//
// A burst passes, then the rate; a refusal takes nothing from it. Shape: the generic cell rate algorithm
// (ITU-T I.371, Annex A) on one atomic time. No clock: times are passed in. Lifetime: the supervisor's,
// longer than the workers'. Thread: any, lock-free; the registry takes a mutex, when a listener is made.
#pragma once

#include "conf/values.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace fairlead::http {

class alignas(64) upgrade_gate // on a cache line of its own: workers write it with every upgrade
{
public:
    // Whether one more may pass at `now`; a limit of 0 lets all pass.
    bool admit(const conf::rate_limit& limit, std::chrono::nanoseconds now) noexcept;

private:
    std::atomic<std::int64_t> full_at_ns_{0}; // when the whole burst is free again
};

class upgrade_gates
{
public:
    // The one of a listener's address, made on first use; good for the life of this.
    upgrade_gate& obtain(std::string_view address);

private:
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<upgrade_gate>, std::less<>> gates_;
};

} // namespace fairlead::http
