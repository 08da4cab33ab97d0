// Joins the ledger's counts with the pools that they belong to, for the metrics.
//
// A pool without a source has one row for each backend, of the source "any": its open connections against the
// ports that the kernel chooses from, once for each address of the backend.
// A tuple space is shared by the pools that dial the same backend from the same source and ports: it is told
// for each of them. Connections from ports that a reload has taken from a pool are not told.
// Thread: any; takes the ledger's mutex.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/snat/tuple_ledger.hpp"
#include "proxy/upstream/pool.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fairlead::server {

std::vector<metrics::source_usage>
report_sources(const snat::tuple_ledger& ledger, std::span<const std::shared_ptr<const upstream::pool>> pools,
               std::uint32_t kernel_ports);

} // namespace fairlead::server
