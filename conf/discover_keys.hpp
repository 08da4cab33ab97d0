// Reads pool.NAME.discover: where members of a pool come from beside its `backends`.
//
// Nothing is looked up and no file is read: a configuration can be checked where neither is there. Errors go
// to the diagnostics of the table.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

void read_discover_keys(const table_reader& pool_table, pool_options& pool);

} // namespace fairlead::conf
