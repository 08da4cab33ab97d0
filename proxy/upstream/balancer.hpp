// Chooses the backend for one attempt.
//
//   round_robin        smooth weighted round robin: each its weight's share, spread evenly, random start
//   least_connections  the lowest (live + 1) / weight over all workers; equal ones at random
//   random_of_two      the lower (live + 1) / weight of two random ones
//
// Where the request has a backend of its own, by its pool's stickiness, that one is taken while it serves.
// Otherwise the choice is among the backends of the priority in charge; those of the next one have their turn
// when none of these is left. Of a priority that is out of charge for its failures, whoever is due for a try
// is tried.
// Backends that are down, draining, ejected or backing off and those already tried by this request are
// skipped. When no other is left, all untried ones that are not backing off are used as if they served; when
// all of them are, the one whose back-off ends first: an attempt beats a refusal. Below the panic threshold
// those that do not serve are used like the others. One that an operator drains or ejects is never chosen. A
// weight counts as far as a slow start has reached it.
// One that has its max_connections is chosen for nothing, and so is room that somebody waits for. While those
// that serve have no room, those that do not serve are left alone.
// Does not dial and does not count the use: admit() to the backend of the choice.
// One per worker and pool; start a new one when the pool's backends change. Thread: one.
// Cost: linear in the number of backends for the first two and with priorities or a panic threshold, else
// constant for the third while most are healthy.
#pragma once

#include "conf/model.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/upstream/serving_share.hpp"
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
    bool waits_for_own = false;          // while its own backend is full, and does not go elsewhere
    const backend* called_for = nullptr; // has the room that others left to this request
};

// Why nothing was chosen, where that was for want of room alone.
struct room_wanted
{
    bool is_so = false;
    std::optional<std::uint32_t> of; // at this backend; nothing: at any
};

// Of the pool; they hold for as long as its balancers do.
struct choice_rules
{
    std::uint32_t panic_threshold = 0; // of serving_share
    bool has_tiers = false;            // its backends are of different priorities
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
    balancer(conf::balance_kind kind, conf::duration connect_timeout, std::uint64_t seed,
             const choice_rules& rules = {}) noexcept
        : kind_(kind)
        , connect_timeout_(connect_timeout)
        , rules_(rules)
        , random_state_(seed)
    {}

    // Nothing when all were tried, or there are none.
    std::optional<backend_choice> choose(backend_span backends, const tried_backends& tried, steady_time now,
                                         const sticky_request& asked = {});

    // Of the last choose().
    const room_wanted& wants_room() const noexcept { return wants_room_; }

private:
    using position = std::optional<std::uint32_t>;

    struct candidates // of one choice
    {
        backend_span backends;
        const tried_backends& tried;
        steady_time now;
        bool only_serving = true;
        bool only_probes = false; // of those that backed off
        position tier = {};       // only of this priority
        const backend* called_for = nullptr;

        bool may_serve(std::uint32_t position) const;
        bool has_room(std::uint32_t position) const noexcept;
        bool allow(std::uint32_t position) const;
        int compare_load(std::uint32_t a, std::uint32_t b) const noexcept;
    };

    using choice = std::optional<backend_choice>;

    bool note_full_own(candidates among, const sticky_request& asked, const tier_in_charge& charge);
    bool note_full(candidates among);
    choice choose_by_tiers(candidates& among, const sticky_request& asked, const tier_in_charge& charge);
    choice choose_in(const candidates& among, const sticky_request& asked);
    choice claim(const candidates& among, std::uint32_t at) const;
    static position named_backend(const candidates& among, const sticky_request& asked);
    static position owner_of_value(const candidates& among, const sticky_request& asked);
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
    const choice_rules rules_;
    std::uint64_t random_state_;
    room_wanted wants_room_;
    std::vector<std::int64_t> credit_; // round robin: what each backend is owed, by position
};

} // namespace fairlead::upstream
