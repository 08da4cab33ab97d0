// Reads `sticky` of a pool: by what a client is led to the backend that it had before.
//
// Reads `secret_file`, which may block; a relative name starts from the folder of the file it stands in.
// Errors go to the diagnostics of the table.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

void read_sticky_keys(const table_reader& pool_table, pool_options& pool);

} // namespace fairlead::conf
