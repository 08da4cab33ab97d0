// All metrics of the process: the workers' shards, what the proxy reports when asked, and the text they make.
//
// It does not listen and counts nothing itself. One per process, made before the workers, destroyed after
// them. Every member may be called from any thread. The callbacks run in the thread that calls expose(),
// outside the registry's lock, so what they read must be safe to read there; one that was replaced may still
// be running. The names are listed in metric_table.hpp.
#pragma once

#include "metrics/exposition_format.hpp"
#include "metrics/worker_shard.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::metrics {

struct admin_cells;

// Connections from one source address to one destination, against the ports there are for them.
struct source_usage
{
    std::string pool;
    std::string source;
    std::string destination; // a backend's address and port
    std::uint64_t in_use = 0;
    std::uint64_t set_aside = 0; // cannot be used yet
    std::uint64_t capacity = 0;
    std::uint64_t foreign = 0; // of those set aside: others use the port
};

// The comparisons of the source ports with the kernel's sockets.
struct reconciliation_state
{
    std::uint64_t comparisons = 0;
    std::uint64_t failures = 0;
    std::uint64_t foreign = 0; // connections that cannot be opened because others use the port
    std::uint64_t unknown = 0; // connections of ours that the kernel does not know
    double seconds = 0;        // the last one took
    bool has_failed = false;   // the last one
};

// One backend as the balancer sees it now, over all workers.
struct backend_state
{
    std::string pool;
    std::string backend;
    backend_condition condition = backend_condition::up;
    std::uint64_t connections = 0;             // open, idle ones included
    std::uint64_t requests = 0;                // exchanges and tunnels it serves
    double weight = 1;                         // as far as a slow start has reached it
    std::uint64_t ejections = 0;               // there were
    std::uint64_t ejections_withheld = 0;      // because too few backends would have been left
    std::shared_ptr<const check_cells> checks; // null: it is not checked
    std::uint64_t most = 0;                    // its max_connections; 0: no limit
    std::uint64_t pending = 0;                 // connects under way
};

struct pool_state
{
    std::string pool;
    bool panics = false;                           // so few of its backends are up that all are used
    std::uint64_t priority = 0;                    // in charge
    std::shared_ptr<const queue_cells> queue = {}; // null: nobody waits
};

// What a pool's `discover` found. A failure is a look that gave no members, or not all.
struct discovery_state
{
    std::string pool;
    std::uint64_t members = 0;                                        // in force
    std::optional<std::chrono::system_clock::time_point> last_good;   // none: no look was good yet
    std::vector<std::pair<std::string_view, std::uint64_t>> failures; // by their word, each kind once
};

// Tunnels and exchanges of a route now, over all workers.
struct route_load
{
    std::string route;
    std::uint64_t live = 0;
    std::uint64_t most = 0; // its max_connections; 0: no limit
};

// A certificate that is shown to clients or to backends.
struct certificate_state
{
    std::string used_by;     // the listener's address or the pool's name
    std::string certificate; // the file it came from
    std::chrono::system_clock::time_point not_after{};
    bool is_refused = false;         // what the file holds now is bad, and one of before is in force
    bool is_staple_left_out = false; // there is an OCSP response, and it is not good
};

// One backend of an n-Path service; flows, packets and bytes are the kernel's counters.
struct npath_backend_state
{
    std::string backend;
    bool up = false;
    bool draining = false;
    std::uint64_t slots = 0;
    std::uint64_t failed_checks = 0;
    std::uint64_t flows = 0;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

// One n-Path service of this process.
struct npath_service_state
{
    std::string service;
    bool in_sync = false;
    bool has_address = false;
    std::uint64_t unserved_packets = 0;
    std::uint64_t writes = 0;
    std::uint64_t write_failures = 0;
    std::vector<npath_backend_state> backends;
};

// Lines that were lost, of each of the process's logs.
struct log_drops
{
    std::uint64_t access = 0;
    std::uint64_t process = 0;
};

// What connections make the process hold, over all workers.
struct memory_state
{
    by<memory_kind, std::uint64_t> bytes;
    std::uint64_t limit = 0; // 0: none

    std::uint64_t total() const noexcept
    {
        std::uint64_t sum = 0;
        for (const memory_kind kind : by<memory_kind, std::uint64_t>::keys())
            sum += bytes[kind];
        return sum;
    }
};

// One worker's socket of a listener.
struct accept_queue_state
{
    std::string listener;
    std::size_t worker = 0;
    std::uint64_t waiting = 0; // connections
    std::uint64_t limit = 0;
    std::optional<std::uint64_t> drops; // since it was opened
};

// What the program is made of.
struct build_facts
{
    std::string version;
    std::string openssl;
};

// Where the process is in its life.
struct lifecycle
{
    bool ready = false;
    bool draining = false;
    std::uint64_t config_generation = 0; // 1 for the first configuration applied
    bool last_reload_ok = true;
    std::chrono::system_clock::time_point last_reload_at{}; // the last attempt, the first load included
    std::uint64_t config_hash = 0;                          // of the text in force
};

class process_metrics;

class registry
{
public:
    using source_usage_fn = std::function<std::vector<source_usage>()>;
    using backend_states_fn = std::function<std::vector<backend_state>()>;
    using pool_states_fn = std::function<std::vector<pool_state>()>;
    using discovery_states_fn = std::function<std::vector<discovery_state>()>;
    using route_loads_fn = std::function<std::vector<route_load>()>;
    using certificates_fn = std::function<std::vector<certificate_state>()>;
    using reconciliation_fn = std::function<reconciliation_state()>;
    using log_drops_fn = std::function<log_drops()>;
    using accept_queues_fn = std::function<std::vector<accept_queue_state>()>;
    using memory_fn = std::function<memory_state()>;
    using name_failures_fn = std::function<std::uint64_t()>;
    using npath_states_fn = std::function<std::vector<npath_service_state>()>;

    // `build` is the labels of fairlead_build_info.
    explicit registry(const build_facts& build = {});
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;
    ~registry();

    // The shard lives as long as the registry, also when its worker has ended.
    worker_shard& add_worker();

    void set_source_usage(source_usage_fn usage);
    void set_backend_states(backend_states_fn states);
    void set_pool_states(pool_states_fn states);
    void set_discovery_states(discovery_states_fn states);
    void set_route_loads(route_loads_fn loads);
    void set_certificates(certificates_fn certificates);
    void set_reconciliation(reconciliation_fn state);
    void set_log_drops(log_drops_fn drops);
    void set_accept_queues(accept_queues_fn queues);
    void set_memory(memory_fn state);
    void set_name_failures(name_failures_fn count);
    void set_npath_states(npath_states_fn states);
    void set_admin(std::shared_ptr<const admin_cells> cells);

    void set_lifecycle(const lifecycle& now);
    lifecycle current_lifecycle() const;

    // Everything, summed over the workers. Throws what a callback throws.
    std::string expose(exposition_format format = exposition_format::text) const;

private:
    const std::unique_ptr<process_metrics> process_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<worker_shard>> shards_;
    source_usage_fn source_usage_;
    backend_states_fn backend_states_;
    pool_states_fn pool_states_;
    discovery_states_fn discovery_states_;
    route_loads_fn route_loads_;
    certificates_fn certificates_;
    reconciliation_fn reconciliation_;
    log_drops_fn log_drops_;
    accept_queues_fn accept_queues_;
    memory_fn memory_;
    name_failures_fn name_failures_;
    npath_states_fn npath_states_;
    std::shared_ptr<const admin_cells> admin_;
    lifecycle lifecycle_;
};

} // namespace fairlead::metrics
