// Writes one scrape: the workers' shards summed by label, and what was reported beside them.
//
// It reads cells that their workers write meanwhile: each number is whole, numbers of one moment may differ
// by what happened while reading. The shards must outlive it. Close codes, refusals, TLS faults and dial
// failures appear from their first occurrence on; every other series of a label set appears with the set.
#pragma once

#include "metrics/admin_samples.hpp"
#include "metrics/exposition.hpp"
#include "metrics/registry.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace fairlead::metrics {

// What a scrape is made of.
struct scrape
{
    std::vector<const worker_shard*> shards;
    std::vector<source_usage> sources;
    std::vector<backend_state> backends;
    std::vector<pool_state> pools;
    std::vector<discovery_state> discoveries;
    std::vector<route_load> routes;
    std::vector<certificate_state> certificates;
    reconciliation_state reconciliation;
    std::shared_ptr<const admin_cells> admin; // null: there is no admin listener
    std::vector<accept_queue_state> accept_queues;
    std::optional<memory_state> memory;         // nothing: nobody counts it
    std::optional<std::uint64_t> name_failures; // the same
    std::vector<npath_service_state> npath;
    log_drops dropped;
};

void collect(const scrape& parts, exposition& out);

} // namespace fairlead::metrics
