#include "proxy/snat/tuple_space.hpp"

#include "proxy/snat/quarantine.hpp"

#include <xxhash.h>

namespace fairlead::snat {
namespace {

constexpr int most_passes = 16; // over the map, by one claim
constexpr std::chrono::seconds covered_pause{1};

// Where a thread looks next. Ports are taken in turn, so that one that was given back rests the longest; each
// thread begins elsewhere.
std::uint16_t& port_cursor() noexcept
{
    static std::atomic<std::uint32_t> threads{0};
    thread_local auto cursor =
        static_cast<std::uint16_t>(threads.fetch_add(1, std::memory_order_relaxed) * 40'503U);
    return cursor;
}

} // namespace

std::string to_string(const tuple_destination& destination)
{
    auto address = conf::to_string(destination.ip);
    if (destination.ip.is_v6) address = "[" + address + "]";
    return address + ":" + std::to_string(destination.port);
}

std::uint64_t hash_of(const tuple_destination& destination) noexcept
{
    return XXH3_64bits_withSeed(destination.ip.bytes.data(), destination.ip.bytes.size(), destination.port);
}

port_map& shared_port_map::get()
{
    if (auto* there = map_.load(std::memory_order_acquire)) return *there;
    auto fresh = std::make_unique<port_map>();
    port_map* expected = nullptr;
    if (map_.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel))
        return *fresh.release();
    return *expected;
}

std::uint32_t tuple_space::in_use() const noexcept
{
    const auto aside = set_aside_.load(std::memory_order_relaxed);
    const auto taken = taken_.load(std::memory_order_relaxed);
    return taken > aside ? taken - aside : 0;
}

std::uint32_t tuple_space::ours() const noexcept
{
    const auto others = foreign_.load(std::memory_order_relaxed);
    const auto taken = taken_.load(std::memory_order_relaxed);
    return taken > others ? taken - others : 0;
}

std::uint32_t tuple_space::free(steady_time now) const noexcept
{
    if (now.time_since_epoch().count() < paused_until_.load(std::memory_order_relaxed)) return 0;
    const auto taken = taken_.load(std::memory_order_relaxed);
    return taken < capacity_ ? capacity_ - taken : 0;
}

bool tuple_space::count_one() noexcept
{
    // Not an increment that is taken back: between the two, a claim that has room would be refused.
    auto taken = taken_.load(std::memory_order_relaxed);
    while (taken < capacity_) {
        if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_acquire)) return true;
    }
    return false;
}

std::optional<tuple_lease> tuple_space::claim()
{
    const bool has_map = !who_.ports->is_chosen_by_kernel();
    port_map* map = has_map ? &taken_map_.get() : nullptr;
    if (!count_one()) return std::nullopt;
    if (map == nullptr) return tuple_lease(*this, 0);
    // Of the ports that were counted before, none is counted after its bit is free: so one is free now, and
    // was missed by a pass only if it moved to where the pass had been.
    for (int pass = 0; pass < most_passes; ++pass) {
        auto& cursor = port_cursor();
        if (const auto port = map->take(*who_.ports, cursor)) {
            cursor = static_cast<std::uint16_t>(*port + 1);
            return tuple_lease(*this, *port);
        }
    }
    // Another space of this pair has taken ports of ours.
    taken_.fetch_sub(1, std::memory_order_release);
    pause(std::chrono::steady_clock::now() + covered_pause);
    return std::nullopt;
}

std::optional<tuple_lease> tuple_space::claim_port(std::uint16_t port)
{
    if (who_.ports->is_chosen_by_kernel() || !who_.ports->contains(port)) return std::nullopt;
    port_map& map = taken_map_.get();
    // Looked at first: a count that is taken back can refuse another claim the last port.
    if (map.is_taken(port) || !count_one()) return std::nullopt;
    if (map.take_one(port)) return tuple_lease(*this, port);
    taken_.fetch_sub(1, std::memory_order_release);
    return std::nullopt;
}

std::vector<std::uint16_t> tuple_space::taken_ports()
{
    if (who_.ports->is_chosen_by_kernel()) return {};
    return taken_map_.get().taken(*who_.ports);
}

void tuple_space::count_use(tuple_use use, std::uint32_t change) noexcept
{
    if (use != tuple_use::connection) set_aside_.fetch_add(change, std::memory_order_relaxed);
    if (use == tuple_use::foreign) foreign_.fetch_add(change, std::memory_order_relaxed);
}

void tuple_space::pause(steady_time until) noexcept
{
    paused_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
}

void tuple_space::release(std::uint16_t port) noexcept
{
    if (port != 0) taken_map_.get().give_back(port);
    // After the bit, so that a claim which is counted in finds it; release, because the ledger may free the
    // space as soon as it sees the count at zero.
    taken_.fetch_sub(1, std::memory_order_release);
}

void tuple_lease::change_use(tuple_use use) noexcept
{
    space_->count_use(use, 1);
    space_->count_use(std::exchange(use_, use), ~std::uint32_t{0}); // less one
}

void tuple_lease::set_aside(steady_time until, tuple_use use) noexcept
{
    if (space_ == nullptr) return;
    // What others use they often use in a row: look elsewhere next.
    port_cursor() = static_cast<std::uint16_t>(port_cursor() + 40'503U);
    change_use(use);
    space_->aside_.add(std::move(*this), until);
}

void tuple_lease::reset() noexcept
{
    auto* space = std::exchange(space_, nullptr);
    if (space == nullptr) return;
    space->count_use(std::exchange(use_, tuple_use::connection), ~std::uint32_t{0});
    space->release(port_);
}

} // namespace fairlead::snat
