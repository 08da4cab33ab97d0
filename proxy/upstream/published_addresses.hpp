// A set of addresses that one thread replaces and any thread reads without a lock.
//
// A replaced set is freed a minute later at the earliest, because a worker may still read it. Thread: any;
// publish() takes a mutex.
#pragma once

#include "conf/values.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace fairlead::upstream {

using resolved_set = std::vector<conf::ip_address>; // sorted, without repetition

class published_addresses
{
public:
    explicit published_addresses(resolved_set first);
    published_addresses(const published_addresses&) = delete;
    published_addresses& operator=(const published_addresses&) = delete;

    // Good for a minute after the set was replaced: copy it before a wait.
    const resolved_set& current() const noexcept { return *current_.load(std::memory_order_acquire); }

    void publish(resolved_set addresses); // in any order, with repetitions

private:
    struct publication
    {
        std::unique_ptr<const resolved_set> addresses;
        std::chrono::steady_clock::time_point replaced_at;
    };
    static constexpr std::chrono::minutes replaced_set_life{1};

    std::mutex mutex_;
    std::vector<publication> published_; // the last is the current one
    std::atomic<const resolved_set*> current_;
};

} // namespace fairlead::upstream
