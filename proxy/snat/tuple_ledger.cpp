#include "proxy/snat/tuple_ledger.hpp"

#include <xxhash.h>

#include <cstring>

namespace fairlead::snat {

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

std::uint32_t tuple_space::free(steady_time now) const noexcept
{
    if (now.time_since_epoch().count() < set_aside_until_.load(std::memory_order_relaxed)) return 0;
    const auto used = in_use();
    return used < capacity_ ? capacity_ - used : 0;
}

std::optional<tuple_lease> tuple_space::claim() noexcept
{
    // Not an increment that is taken back: between the two, a claim that has room would be refused.
    auto used = in_use_.load(std::memory_order_relaxed);
    while (used < capacity_) {
        if (in_use_.compare_exchange_weak(used, used + 1, std::memory_order_relaxed))
            return tuple_lease(*this);
    }
    return std::nullopt;
}

void tuple_space::set_aside(steady_time until) noexcept
{
    set_aside_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
}

void tuple_space::release() noexcept
{
    // Release: the ledger may free the space as soon as it sees the count at zero.
    in_use_.fetch_sub(1, std::memory_order_release);
}

void tuple_lease::set_aside(steady_time until) noexcept
{
    if (space_ != nullptr) space_->set_aside(until);
    reset();
}

void tuple_lease::reset() noexcept
{
    if (auto* space = std::exchange(space_, nullptr)) space->release();
}

tuple_space& tuple_ledger::hold(const conf::ip_address& source, const tuple_destination& destination)
{
    const std::lock_guard lock(mutex_);
    auto& space = spaces_[{source, destination}];
    if (space == nullptr) space = std::make_unique<tuple_space>(source, destination, ports_per_space_);
    ++space->holders_;
    return *space;
}

void tuple_ledger::drop(const std::vector<tuple_space*>& spaces)
{
    const std::lock_guard lock(mutex_);
    for (auto* space : spaces)
        --space->holders_;
    // Nobody can claim from a space without a holder, so one that is seen empty stays empty. Those of earlier
    // holders whose leases have ended since go as well.
    std::erase_if(spaces_, [](const auto& entry) {
        const auto& space = *entry.second;
        return space.holders_ == 0 && space.in_use_.load(std::memory_order_acquire) == 0;
    });
}

std::vector<tuple_usage> tuple_ledger::usage() const
{
    const std::lock_guard lock(mutex_);
    std::vector<tuple_usage> out;
    out.reserve(spaces_.size());
    for (const auto& [key, space] : spaces_) {
        out.push_back(
            {conf::to_string(key.source), to_string(key.destination), space->in_use(), space->capacity()});
    }
    return out;
}

std::size_t tuple_ledger::key_hash::operator()(const space_key& key) const noexcept
{
    return XXH3_64bits_withSeed(key.source.bytes.data(), key.source.bytes.size(), hash_of(key.destination));
}

} // namespace fairlead::snat
