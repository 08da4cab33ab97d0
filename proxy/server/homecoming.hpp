// Leads the tunnels of one pool home whose values belong to another backend: since one joined, went, came
// back or got another weight.
//
//            the backends that serve, or their weights, changed           every worker found nobody astray
//   quiet ─────────────────── or begin() ───────────────────► leading ─────────────────────────► quiet
//
// While it leads, each second every worker looks through its tunnels of the pool and closes its part of
// the rate. Only tunnels whose backend was chosen by a value count. Thread: the main thread's.
#pragma once

#include "conf/model.hpp"
#include "proxy/server/worker.hpp"
#include "proxy/upstream/pool.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::server {

class homecoming
{
public:
    using worker_list = std::vector<std::unique_ptr<worker>>;

    // Call it each second; the first one only looks at the backends.
    void step(const upstream::pool& pool, const conf::rebalance_options& options, const worker_list& workers);

    void begin() noexcept { is_asked_ = true; }

    bool is_leading() const noexcept { return is_leading_; }
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
    // What each worker found in one look, plus one; 0 while it has not looked. Written by the workers.
    using findings = std::vector<std::atomic<std::uint64_t>>;

    bool note_changes(const upstream::pool& pool);
    std::vector<std::uint64_t> parts(double per_second, std::size_t workers);

    std::vector<standing> known_;
    std::shared_ptr<findings> found_;
    double allowed_ = 0;
    bool is_leading_ = false;
    bool is_asked_ = false;
};

} // namespace fairlead::server
