// Reads `error_pages`, at the top of the file and of a route, with the files that it names.
//
// Errors go to the diagnostics of the table; a key that is wrong leaves what was there before. Blocks.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/error_page_options.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// Each file that is named goes to the draft's files, also one that cannot be read: it may come.
void read_error_pages(const table_reader& owner, error_page_options& target, config_draft& draft);

} // namespace fairlead::conf
