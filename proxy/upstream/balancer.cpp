#include "proxy/upstream/balancer.hpp"

#include <algorithm>

namespace fairlead::upstream {
namespace {

constexpr std::int64_t hundredths = 100; // of a weight, as weight_now() tells it

std::uint32_t count(std::span<const std::shared_ptr<backend>> backends) noexcept
{
    return static_cast<std::uint32_t>(backends.size());
}

} // namespace

void tried_backends::add(std::uint32_t position) noexcept
{
    if (size_ < capacity) positions_[size_++] = position;
}

void tried_backends::add_full(std::uint32_t position)
{
    if (full_.size() <= position) full_.resize(position + std::size_t{1});
    full_[position] = true;
}

bool tried_backends::contains(std::uint32_t position) const noexcept
{
    if (position < full_.size() && full_[position]) return true;
    const auto end = positions_.begin() + size_;
    return std::find(positions_.begin(), end, position) != end;
}

bool balancer::candidates::allow(std::uint32_t position) const
{
    return may_serve(position) && has_room(position);
}

bool balancer::candidates::has_room(std::uint32_t position) const noexcept
{
    const backend& asked = *backends[position];
    return !asked.is_full() && (asked.awaited() == 0 || &asked == called_for);
}

bool balancer::candidates::may_serve(std::uint32_t position) const
{
    const backend& asked = *backends[position];
    if (tier && asked.priority() != *tier) return false;
    if (only_probes && asked.backoff().failures() == 0) return false;
    return !asked.is_closed_to_new() && asked.backoff().is_due(now) &&
           (!only_serving || asked.is_serving(now)) && !tried.contains(position);
}

// Whether `a` has less to do for its weight than `b`, counting the connection that is about to be added: so
// the weight also decides between idle backends. Negative: less; 0: as much.
int balancer::candidates::compare_load(std::uint32_t a, std::uint32_t b) const noexcept
{
    const auto left = (std::uint64_t{backends[a]->live()} + 1) * backends[b]->weight_now(now);
    const auto right = (std::uint64_t{backends[b]->live()} + 1) * backends[a]->weight_now(now);
    return left < right ? -1 : static_cast<int>(left > right);
}

std::optional<backend_choice> balancer::choose(backend_span backends, const tried_backends& tried,
                                               steady_time now, const sticky_request& asked)
{
    tier_in_charge charge;
    if (rules_.has_tiers || rules_.panic_threshold != 0)
        charge = find_in_charge(backends, rules_.panic_threshold, now);
    candidates among{backends, tried, now};
    among.only_serving = !charge.panics;
    among.called_for = asked.called_for;
    wants_room_ = {};
    if (asked.waits_for_own && note_full_own(among, asked, charge)) return std::nullopt;
    if (const auto own = named_backend(among, asked)) {
        if (const auto chosen = claim(among, *own)) return chosen;
    }
    const auto chosen = rules_.has_tiers ? choose_by_tiers(among, asked, charge) : choose_in(among, asked);
    if (chosen) return chosen;
    among.only_serving = !charge.panics;
    among.tier = std::nullopt;
    if (note_full(among)) return std::nullopt;
    among.only_serving = false;
    if (!rules_.has_tiers) {
        if (const auto any = choose_in(among, asked)) return any;
    }
    for (auto at = next_priority(backends); rules_.has_tiers && at; at = next_priority(backends, at)) {
        among.tier = at;
        if (const auto any = choose_in(among, asked)) return any;
    }
    const auto last_resort = soonest_due(among);
    if (last_resort) return backend_choice{*last_resort, {}};
    among.tier = std::nullopt;
    note_full(among);
    return std::nullopt;
}

// Whether the request has a backend of its own, and that one lacks nothing but room.
bool balancer::note_full_own(candidates among, const sticky_request& asked, const tier_in_charge& charge)
{
    position own = asked.wish.position;
    if (own && (*own >= among.backends.size() || !among.may_serve(*own))) return false;
    if (!own && asked.rules != nullptr && asked.wish.key != 0) {
        if (rules_.has_tiers) among.tier = charge.priority;
        own = asked.rules->first_owner(asked.wish.key, [&](std::uint32_t at) { return among.may_serve(at); });
    }
    if (!own || among.has_room(*own)) return false;
    wants_room_ = {true, own};
    return true;
}

bool balancer::note_full(candidates among)
{
    for (std::uint32_t at = 0; at < count(among.backends) && !wants_room_.is_so; ++at)
        wants_room_.is_so = among.may_serve(at) && !among.has_room(at);
    return wants_room_.is_so;
}

// Among those that serve, from the priority in charge on. What was left for its failures is asked whether it
// is back; what was left because too little of it is up comes last.
balancer::choice balancer::choose_by_tiers(candidates& among, const sticky_request& asked,
                                           const tier_in_charge& charge)
{
    for (auto at = next_priority(among.backends); at; at = next_priority(among.backends, at)) {
        among.tier = at;
        among.only_probes = *at < charge.priority;
        among.only_serving = !charge.panics || *at != charge.priority;
        if (const auto chosen = choose_in(among, asked)) return chosen;
    }
    among.only_probes = false;
    among.only_serving = true;
    for (auto at = next_priority(among.backends); at && *at < charge.priority;
         at = next_priority(among.backends, at))
    {
        among.tier = at;
        if (const auto chosen = choose_in(among, asked)) return chosen;
    }
    return std::nullopt;
}

balancer::choice balancer::choose_in(const candidates& among, const sticky_request& asked)
{
    if (const auto own = owner_of_value(among, asked)) {
        if (const auto chosen = claim(among, *own)) return chosen;
    }
    // A due probe may be lost to another worker; it then counts as backing off and the next look passes it
    // over.
    for (std::size_t look = 0; look <= among.backends.size(); ++look) {
        const auto picked = pick(among);
        if (!picked) break;
        if (const auto chosen = claim(among, *picked)) return chosen;
    }
    return std::nullopt;
}

balancer::choice balancer::claim(const candidates& among, std::uint32_t at) const
{
    backend_choice made{at, {}};
    if (!among.backends[at]->backoff().admit(among.now, connect_timeout_, made.granted)) return std::nullopt;
    return made;
}

balancer::position balancer::named_backend(const candidates& among, const sticky_request& asked)
{
    const auto& named = asked.wish.position;
    return named && *named < among.backends.size() && among.allow(*named) ? named : std::nullopt;
}

balancer::position balancer::owner_of_value(const candidates& among, const sticky_request& asked)
{
    if (asked.rules == nullptr || asked.wish.key == 0) return std::nullopt;
    return asked.rules->first_owner(asked.wish.key, [&](std::uint32_t at) { return among.allow(at); });
}

balancer::position balancer::pick(const candidates& among)
{
    switch (kind_) {
    case conf::balance_kind::round_robin: return pick_round_robin(among);
    case conf::balance_kind::least_connections: return pick_least_connections(among);
    case conf::balance_kind::random_of_two: return pick_random_of_two(among);
    }
    return std::nullopt;
}

// Each allowed backend is credited its weight and the one with the most credit pays for all: over any run of
// sum(weights) choices each gets its weight, and the choices of one backend are spread evenly.
balancer::position balancer::pick_round_robin(const candidates& among)
{
    if (credit_.size() != among.backends.size()) start_round_robin(among.backends);
    std::int64_t total = 0;
    position best;
    for (std::uint32_t at = 0; at < count(among.backends); ++at) {
        if (!among.allow(at)) continue;
        const std::int64_t weight = among.backends[at]->weight_now(among.now);
        credit_[at] += weight;
        total += weight;
        if (!best || credit_[at] > credit_[*best]) best = at;
    }
    if (best) credit_[*best] -= total;
    return best;
}

void balancer::start_round_robin(backend_span backends)
{
    // Workers that all began at the first backend would send it their first connections together.
    std::uint32_t total = 0;
    for (const auto& each : backends)
        total += each->weight();
    credit_.resize(backends.size());
    for (auto& credit : credit_)
        credit = std::int64_t{random_below(total)} * hundredths;
}

balancer::position balancer::pick_least_connections(const candidates& among)
{
    position best;
    std::uint32_t equal = 0;
    for (std::uint32_t at = 0; at < count(among.backends); ++at) {
        if (!among.allow(at)) continue;
        const int order = best ? among.compare_load(at, *best) : -1;
        if (order < 0) {
            best = at;
            equal = 1;
        } else if (order == 0 && random_below(++equal) == 0) {
            best = at;
        }
    }
    return best;
}

balancer::position balancer::pick_random_of_two(const candidates& among)
{
    const auto first = pick_random(among, std::nullopt);
    if (!first) return std::nullopt;
    const auto second = pick_random(among, first);
    if (!second) return first;
    return among.compare_load(*second, *first) < 0 ? second : first;
}

balancer::position balancer::pick_random(const candidates& among, position other_than)
{
    constexpr int draws = 8;
    const auto size = count(among.backends);
    if (size == 0) return std::nullopt;
    for (int draw = 0; draw < draws; ++draw) {
        const auto at = random_below(size);
        if (at != other_than && among.allow(at)) return at;
    }
    // Few are allowed: count them all, so that each stays equally likely.
    position chosen;
    std::uint32_t seen = 0;
    for (std::uint32_t at = 0; at < size; ++at) {
        if (at != other_than && among.allow(at) && random_below(++seen) == 0) chosen = at;
    }
    return chosen;
}

balancer::position balancer::soonest_due(const candidates& among)
{
    position best;
    for (std::uint32_t at = 0; at < count(among.backends); ++at) {
        if (among.tried.contains(at) || among.backends[at]->is_closed_to_new() || !among.has_room(at))
            continue;
        const auto due = among.backends[at]->backoff().retry_at();
        if (!best || due < among.backends[*best]->backoff().retry_at()) best = at;
    }
    return best;
}

// SplitMix64 (Steele, Lea, Flood 2014), scaled by multiplication: the bias is below bound / 2^32.
std::uint32_t balancer::random_below(std::uint32_t bound) noexcept
{
    random_state_ += 0x9e3779b97f4a7c15U;
    auto mixed = random_state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31;
    return static_cast<std::uint32_t>(((mixed >> 32) * bound) >> 32);
}

} // namespace fairlead::upstream
