#include "proxy/snat/tuple_ledger.hpp"

#include <xxhash.h>

#include <algorithm>
#include <iterator>

namespace fairlead::snat {

tuple_space& tuple_ledger::hold(const conf::ip_address& source, const tuple_destination& destination,
                                const std::shared_ptr<const port_set>& ports)
{
    const std::lock_guard lock(mutex_);
    auto& entry = pairs_[{source, destination}];
    auto found =
        std::ranges::find_if(entry.spaces, [&](const auto& each) { return each->ports() == *ports; });
    if (found == entry.spaces.end()) {
        tuple_space::identity who{source, destination, ports};
        entry.spaces.push_back(std::make_unique<tuple_space>(std::move(who), entry.taken, aside_));
        found = entry.spaces.end() - 1;
        spaces_made_.fetch_add(1, std::memory_order_relaxed);
    }
    ++(*found)->holders_;
    return **found;
}

void tuple_ledger::drop(const std::vector<tuple_space*>& spaces)
{
    const std::lock_guard lock(mutex_);
    for (auto* space : spaces)
        --space->holders_;
    // Nobody can claim from a space without a holder, so one that is seen empty stays empty. Those of earlier
    // holders whose leases have ended since go as well.
    const auto is_over = [](const std::unique_ptr<tuple_space>& space) {
        return space->holders_ == 0 && space->taken_.load(std::memory_order_acquire) == 0;
    };
    for (auto at = pairs_.begin(); at != pairs_.end();) {
        std::erase_if(at->second.spaces, is_over);
        at = at->second.spaces.empty() ? pairs_.erase(at) : std::next(at);
    }
}

std::vector<tuple_usage> tuple_ledger::usage() const
{
    const std::lock_guard lock(mutex_);
    std::vector<tuple_usage> out;
    out.reserve(pairs_.size());
    for (const auto& [key, entry] : pairs_) {
        for (const auto& space : entry.spaces) {
            out.push_back({conf::to_string(key.source), to_string(key.destination), space->shared_ports(),
                           space->in_use(), space->set_aside(), space->capacity(), space->foreign()});
        }
    }
    return out;
}

std::vector<tuple_space*> tuple_ledger::hold_all()
{
    const std::lock_guard lock(mutex_);
    std::vector<tuple_space*> out;
    for (const auto& [key, entry] : pairs_) {
        for (const auto& space : entry.spaces) {
            if (space->holders_ == 0) continue;
            ++space->holders_;
            out.push_back(space.get());
        }
    }
    return out;
}

std::size_t tuple_ledger::key_hash::operator()(const pair_key& key) const noexcept
{
    return XXH3_64bits_withSeed(key.source.bytes.data(), key.source.bytes.size(), hash_of(key.destination));
}

} // namespace fairlead::snat
