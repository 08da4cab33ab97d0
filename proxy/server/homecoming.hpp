// Leads the tunnels of one pool home whose values belong to another backend: since one joined, went, came
// back or got another weight.
//
//            the backends that serve, or their weights, changed           every worker found nobody astray
//   quiet ─────────────────── or begin() ───────────────────► leading ─────────────────────────► quiet
//                                                                │
//                                                                └── as many stay astray ──────► useless
//
// While it leads, each second every worker looks through its tunnels of the pool and closes its part of
// the rate. Only tunnels whose backend was chosen by a value count. A worker that does not answer for ten
// seconds is asked anew. As many stay astray when ten looks in a row that follow a closing find no fewer
// than were found before: whoever comes back does not get home. Closes nothing itself and has no clock.
// Thread: the main thread's.
#pragma once

#include "conf/model.hpp"
#include "proxy/upstream/pool.hpp"
#include "proxy/upstream/rebalancer.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::server {

class homecoming
{
public:
    // What each worker found in one look, plus one; 0 while it has not looked. Written by the workers.
    using findings = std::vector<std::atomic<std::uint64_t>>;

    // How a worker looks: it closes up to `most` of its tunnels that are astray, and stores how many more
    // there are at its place in `told`, whenever that is.
    using look_fn =
        std::function<void(std::size_t worker, std::uint64_t most, std::shared_ptr<findings> told)>;

    // Call it each second; the first one only looks at the backends.
    void step(const upstream::pool& pool, const conf::rebalance_options& options, std::size_t workers,
              const look_fn& look);

    void begin() noexcept { is_asked_ = true; }

    upstream::rebalance_state state() const noexcept { return state_; }
    bool is_leading() const noexcept { return state_ == upstream::rebalance_state::leading; }
    // Those that were found last and are not closed yet; nothing before all workers have looked.
    std::optional<std::uint64_t> astray() const;

private:
    struct standing // of a backend
    {
        std::string name;
        std::uint32_t weight = 0;
        bool serves = false;
        bool operator==(const standing&) const = default;
    };

    bool note_changes(const upstream::pool& pool);
    bool must_wait();
    bool is_useless(std::uint64_t left);
    void end(const std::string& pool, upstream::rebalance_state how, std::uint64_t left);
    std::vector<std::uint64_t> parts(double per_second, std::size_t workers);

    std::vector<standing> known_;
    std::shared_ptr<findings> found_;
    std::uint64_t closed_ = 0;            // in that look
    std::uint64_t closed_before_ = 0;     // in the one before
    std::optional<std::uint64_t> fewest_; // that were astray at the beginning of a look since it leads
    unsigned stalled_ = 0;                // looks since then that followed a closing
    unsigned waited_ = 0;                 // seconds for that look
    double allowed_ = 0;
    upstream::rebalance_state state_ = upstream::rebalance_state::quiet;
    bool is_asked_ = false;
};

} // namespace fairlead::server
