// The tables that only the main file may hold: how the process listens, waits, limits, logs and forwards.
//
// Each reads its table of `top` into `draft`; errors go to the diagnostics of `top`.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

void read_listeners(const table_reader& top, config_draft& draft);        // [[listen]]
void read_process_sections(const table_reader& top, config_draft& draft); // workers and the single tables

} // namespace fairlead::conf
