// All drains of one worker, and how far each has come.
//
//   orphans of a reload   leave over the window, then the drain is over
//   a dead backend's      leave over the window, then the drain is over; those that open later stay
//   an operator's         stands until it is taken back: what opens meanwhile leaves, too
//   the process           replaces all others, and takes what opens later
//
// Does not stop anything new from opening: whoever accepts and routes does. Thread: the worker's, but for
// drain_cell, which any thread reads; time is passed in, in milliseconds. Lifetime: within the worker's; the
// relay and the table outlive it.
#pragma once

#include "proxy/websocket/drain_plan.hpp"
#include "proxy/websocket/drain_target.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace fairlead::websocket {

// How far one worker's part of an operator's drain has come: written by the worker, read by any thread.
struct drain_cell
{
    std::atomic<std::uint64_t> total{0};    // tunnels when it began
    std::atomic<std::uint64_t> left{0};     // of those and of later ones: not told to leave yet
    std::atomic<std::uint64_t> open{0};     // tunnels, told or not
    std::atomic<std::uint64_t> sessions{0}; // of a listener: client connections that speak HTTP
    std::atomic<bool> has_begun{false};     // the worker knows of the drain
};

// How fast, and which first.
struct drain_manner
{
    net::milliseconds_count window = 0;
    bool newest_first = false;
};

class drain_schedule
{
public:
    drain_schedule(relay& tunnels, origin_table& origins, metrics::worker_cells& cells) noexcept
        : relay_(tunnels)
        , origins_(origins)
        , cells_(cells)
    {}
    drain_schedule(const drain_schedule&) = delete;
    drain_schedule& operator=(const drain_schedule&) = delete;

    // The tunnels of these origins leave: their route or backend is gone.
    void orphan(std::vector<origin_ref> origins, const drain_manner& how, net::milliseconds_count now);

    // The origin's route and backend are back.
    void adopt(const tunnel_origin& origin);

    // Begins anew when it stands already.
    void begin(drain_target what, std::shared_ptr<drain_cell> told, const drain_manner& how,
               net::milliseconds_count now);

    void take_back(const drain_target& what);

    // The tunnels of a backend that was found dead leave; and those that have not been told stay.
    void begin_dead(drain_target what, const drain_manner& how, net::milliseconds_count now);
    void end_dead(const drain_target& what);

    // Everything leaves, at one pace.
    void begin_process(const drain_manner& how, net::milliseconds_count now);

    // Closes what is due by `now`; `lot` gives any number. Call it each tick.
    template <class Lots>
    void advance(net::milliseconds_count now, Lots& lots)
    {
        if (is_process_leaving_ && gathered_ != origins_.made()) gather();
        for (drain& each : drains_)
            each.plan.advance(relay_, now, static_cast<std::uint32_t>(lots()));
        settle(now);
    }

    // Looks for tunnels of origins that are new since an operator's drain began. Call it each second.
    void gather();

private:
    struct drain
    {
        drain_target what;
        drain_plan plan;
        std::shared_ptr<drain_cell> told; // of an operator's
    };

    void settle(net::milliseconds_count now);
    std::vector<origin_ref> origins_of(const drain_target& what) const;

    relay& relay_;
    origin_table& origins_;
    metrics::worker_cells& cells_;
    std::vector<drain> drains_;
    std::uint64_t gathered_ = 0; // origins that the table had made then
    bool is_process_leaving_ = false;
};

} // namespace fairlead::websocket
