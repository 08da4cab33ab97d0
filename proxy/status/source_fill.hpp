// How full the source pools are towards each destination, and when they will be full.
//
// A destination is refused when every source of its pool is used up towards it, so that is what is foretold;
// a pool is as near to its end as the nearest of its destinations. source_fill_watch keeps a history for
// each of at most `most_followed` destinations; those after them are told without a forecast. Thread: the
// owner's.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/status/fill_history.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::status {

struct destination_fill
{
    std::string pool;
    std::string destination;
    std::uint64_t sources = 0;
    std::uint64_t in_use = 0;
    std::uint64_t set_aside = 0;
    std::uint64_t foreign = 0;
    std::uint64_t capacity = 0;
    std::optional<std::chrono::seconds> full_in = {};

    std::uint64_t used() const noexcept { return in_use + set_aside; }
    double ratio() const noexcept
    {
        return capacity == 0 ? 0 : static_cast<double>(used()) / static_cast<double>(capacity);
    }
};

// The sources of each pool and destination added up; rows of the same stand beside each other.
std::vector<destination_fill> add_up(std::span<const metrics::source_usage> rows);

class source_fill_watch
{
public:
    static constexpr std::size_t most_followed = 1'024; // 1 KiB each
    static constexpr std::chrono::seconds interval{5};

    // One sample of each; those that are no longer there are forgotten.
    void note(std::span<const destination_fill> now, fill_history::time_point at);

    void foretell(std::vector<destination_fill>& into) const;

private:
    std::map<std::pair<std::string, std::string>, fill_history> known_;
};

} // namespace fairlead::status
