// Spreads a look at each of many tunnels evenly over a time, again and again: 100,000 of them do not have
// their turn at once, and nothing is kept for any of them.
//
//   begins ─► so many a step that all are seen when the time is over ─► over ─► begins again, on time
//
// Pure: the clock and the number of tunnels are passed in; whoever walks over them says when there are no
// more. Bound: 512 a step; who comes late is seen in the steps behind the time. Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace fairlead::log {

class progress_round
{
public:
    struct step
    {
        bool from_the_beginning = false;
        std::size_t most = 0; // to be looked at
    };

    // Nothing: there is nothing to be looked at now. `every` 0 is never.
    std::optional<step> next(std::uint64_t now_ms, std::uint64_t every_ms, std::size_t total) noexcept;

    // All were seen.
    void over() noexcept { is_over_ = true; }

private:
    static constexpr std::size_t most_a_step = 512;

    std::optional<std::uint64_t> began_ms_; // nothing: no round yet
    std::size_t seen_ = 0;
    bool is_over_ = false;
};

} // namespace fairlead::log
