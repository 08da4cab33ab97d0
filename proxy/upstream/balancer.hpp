// Chooses the backend for one attempt.
//
//   round_robin        smooth weighted round robin: each its weight's share, spread evenly, random start
//   least_connections  the lowest (live + 1) / weight over all workers; equal ones at random
//   random_of_two      the lower (live + 1) / weight of two random ones
//
// Where the request has a backend of its own, by its pool's stickiness, that one is taken while it serves.
// Backends that are down, draining, ejected or backing off and those already tried by this request are
// skipped. When no other is left, all untried ones that are not backing off are used as if they served; when
// all of them are, the one whose back-off ends first: an attempt beats a refusal.
// One that an operator drains is never chosen. A weight counts as far as a slow start has reached it.
// Does not dial and does not count the use: make a backend_use of the choice.
// One per worker and pool; start a new one when the pool's backends change. Thread: one.
// Cost: linear in the number of backends for the first two, constant for the third while most are healthy.
#pragma once

#include "conf/model.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/upstream/stickiness.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace fairlead::upstream {

// The backends that one request has tried, by position in the pool. Those that were passed over because no
// source tuple towards them is free cost nothing, so any number of them may be.
class tried_backends
{
public:
    static constexpr std::size_t capacity = 8;

    void add(std::uint32_t position) noexcept; // past the capacity: forgotten
    void add_full(std::uint32_t position);
    bool contains(std::uint32_t position) const noexcept;
    std::size_t size() const noexcept { return size_; }
    bool is_full() const noexcept { return size_ == capacity; } // do not try further

private:
    std::array<std::uint32_t, capacity> positions_{};
    std::uint32_t size_ = 0;
    std::vector<bool> full_; // by position; none for most requests
};

// Where a request wants to go, and by which rules; no rules: nowhere.
struct sticky_request
{
    const stickiness* rules = nullptr;
    sticky_wish wish;
};

struct backend_choice
{
    std::uint32_t position = 0; // in the span
    attempt granted;            // give it to failure_backoff::fail() if it fails
};

class balancer
{
public:
    using backend_span = std::span<const std::shared_ptr<backend>>;

    // `connect_timeout` bounds one attempt (0: nothing does); `seed` is to differ between workers.
    balancer(conf::balance_kind kind, conf::duration connect_timeout, std::uint64_t seed) noexcept
        : kind_(kind)
        , connect_timeout_(connect_timeout)
        , random_state_(seed)
    {}

    // Nothing when all were tried, or there are none.
    std::optional<backend_choice> choose(backend_span backends, const tried_backends& tried, steady_time now,
                                         const sticky_request& asked = {});

private:
    using position = std::optional<std::uint32_t>;

    struct candidates // of one choice
    {
        backend_span backends;
        const tried_backends& tried;
        steady_time now;
        bool only_serving;
        bool allow(std::uint32_t position) const;
        int compare_load(std::uint32_t a, std::uint32_t b) const noexcept;
    };

    static position led_back(const candidates& among, const sticky_request& asked);
    position pick(const candidates& among);
    position pick_round_robin(const candidates& among);
    position pick_least_connections(const candidates& among);
    position pick_random_of_two(const candidates& among);
    position pick_random(const candidates& among, position other_than);
    static position soonest_due(const candidates& among);
    void start_round_robin(backend_span backends);
    std::uint32_t random_below(std::uint32_t bound) noexcept;

    const conf::balance_kind kind_;
    const conf::duration connect_timeout_;
    std::uint64_t random_state_;
    std::vector<std::int64_t> credit_; // round robin: what each backend is owed, by position
};

} // namespace fairlead::upstream
