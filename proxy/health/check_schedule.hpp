// When which check begins: what is due, and no more at once than may be under way.
//
// Checks that are due while there is no room wait in the order of their times. It begins nothing itself and
// has no clock. Thread: one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace fairlead::health {

using steady_time = std::chrono::steady_clock::time_point;

// `pause` less up to a tenth of it: so that what began together does not stay together. `lot` is any number.
std::chrono::milliseconds shortened(std::chrono::milliseconds pause, std::uint32_t lot) noexcept;

class check_schedule
{
public:
    using check_id = std::uint64_t;

    explicit check_schedule(std::size_t most_at_once)
        : most_(most_at_once)
    {}

    void set(check_id check, steady_time due); // known or new; one that was under way has ended with it
    void remove(check_id check);               // also one that is under way

    bool is_under_way(check_id check) const; // of a known one

    // Those to begin now, which are under way from here on until set() or remove().
    std::vector<check_id> take(steady_time now);

    // When to take() next; nothing while there is no room or nothing waits.
    std::optional<steady_time> next() const;

private:
    const std::size_t most_;
    std::size_t under_way_ = 0;
    std::set<std::pair<steady_time, check_id>> waiting_;
    std::map<check_id, std::optional<steady_time>> checks_; // when it is due; nothing: under way
};

} // namespace fairlead::health
