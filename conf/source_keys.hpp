// What pools dial from: [source] for all of them, and the keys of the same meaning in [pool.NAME].
//
// Errors go to the diagnostics of the table. The ports of a pool come out whole: its own or the defaults,
// those of this replica, without the ports that the proxy listens on.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// [source]; needs the listeners and the admin listener to be read.
void read_source_section(const table_reader& top, config_draft& draft);

// source, ports and port_selection of a pool whose backends are read; needs [source] to be read.
void read_pool_source(const table_reader& table, const config_draft& draft, pool_options& pool);

} // namespace fairlead::conf
