// What is exposed of a route's passwords and of what it compresses. Thread: the scrape's.
#pragma once

#include "metrics/cell_group.hpp"
#include "metrics/exposition.hpp"
#include "metrics/worker_shard.hpp"

namespace fairlead::metrics {

// Of routes that have neither, nothing.
void add_passwords(exposition& out, const group<worker_shard::http_list::entry>& cells);
void add_compression(exposition& out, const group<worker_shard::http_list::entry>& cells);

} // namespace fairlead::metrics
