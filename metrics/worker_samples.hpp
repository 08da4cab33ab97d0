// The samples of the workers themselves and of their listening sockets.
#pragma once

#include "metrics/cell_group.hpp"
#include "metrics/exposition.hpp"
#include "metrics/registry.hpp"

namespace fairlead::metrics {

void add_workers(exposition& out, const shard_list& shards);
void add_memory(exposition& out, const memory_state& of);
void add_accept_queue(exposition& out, const accept_queue_state& of);

} // namespace fairlead::metrics
