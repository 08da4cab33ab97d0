// Decides which backends of a pool have to give up how many tunnels, so that their clients find the emptier
// ones.
//
//              a backend joined, recovered, got another weight          fullest <= share + threshold,
//   quiet ──────────────────── or begin() ────────────────────► leading ── and nobody is on the way ──► quiet
//                                                                  │
//                                                                  └── closing does not help ─────────► quiet
//
// Fair is each one's part of all tunnels by weight, among the backends that take new ones; of one that stands
// by, which had taken over for a while, all are to leave. All tunnels are
// those that are open and those on their way: closed here and not come back yet, for a minute at most. So a
// client that is between two connections is not counted as gone, nobody is closed twice for one change, and
// no backend is led below its share. While it leads, whoever is furthest above its share gives one up at a
// time, at the rate, and only while it is above its share by more than the threshold.
//
// Closing does not help when clients come back to where they were, as sticky ones do: as many as a tenth of
// all came back, and the fullest backend is no emptier by half a per cent of its share.
//
// Pure; time is passed in, in milliseconds. The first step only looks. One for each pool; call it each second
// or so. Thread: one.
#pragma once

#include "conf/model.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace fairlead::upstream {

struct pool_share
{
    std::string backend;
    std::uint32_t weight = 1;
    std::uint64_t tunnels = 0; // open, and not told to leave
    bool takes_new = true;     // it is up and not drained
    bool stands_by = false;    // it would take new ones if those that take them could not: it is to have none
};

enum class rebalance_state : std::uint8_t
{
    quiet,
    leading,
    useless // ended because closing did not help; as quiet
};

// What the shares look like.
struct rebalance_view
{
    double spread = 0;                     // of the fullest over its share; 0.25 is a quarter above
    std::vector<double> fair;              // by position; 0 for one that takes nothing new
    std::vector<std::uint64_t> to_be_shed; // by position: until the threshold is met, without a rate
};

class rebalancer
{
public:
    using milliseconds = std::uint64_t; // of a steady clock

    // How many tunnels of each backend to close now, by position.
    std::vector<std::uint64_t> step(const conf::rebalance_options& options, std::span<const pool_share> now,
                                    milliseconds at);

    // Leads from the next step on, without a change of the backends.
    void begin() noexcept { is_asked_ = true; }

    // Changes nothing.
    rebalance_view look(const conf::rebalance_options& options, std::span<const pool_share> now) const;

    rebalance_state state() const noexcept { return state_; }
    std::uint64_t on_the_way() const noexcept;

private:
    struct departure
    {
        milliseconds at = 0;
        std::map<std::string, std::uint64_t> from; // by backend

        std::uint64_t count() const noexcept;
        void reduce(std::uint64_t by) noexcept;
    };
    struct standing // of a backend in the step before
    {
        std::uint32_t weight = 0;
        bool takes_new = false;
        bool is_left_over = false; // it stands by and has tunnels: an outage may be shorter than a step
    };

    bool note_changes(std::span<const pool_share> now);
    void note_returns(std::uint64_t open, milliseconds at);
    bool is_useless(std::span<const pool_share> now, std::uint64_t all);
    double spread_if_all_return(std::span<const pool_share> now) const;
    void note_departures(std::span<const pool_share> now, const std::vector<std::uint64_t>& shed,
                         milliseconds at);
    std::uint64_t allowance(double per_second, milliseconds at);

    rebalance_state state_ = rebalance_state::quiet;
    std::map<std::string, standing> known_;
    std::deque<departure> departures_; // the oldest first
    std::uint64_t expected_ = 0;       // open tunnels if nothing came or went since the last step
    std::uint64_t returned_ = 0;       // since the last look at whether it helps
    double spread_then_ = 0;           // at that look, if all had returned to where they were
    double allowed_ = 0;
    milliseconds last_ = 0;
    bool has_looked_ = false;
    bool is_asked_ = false;
};

} // namespace fairlead::upstream
