// [npath.NAME]: an address and port whose packets go to backends as they are, and whose answers do not come
// back through us.
//
// Checks what the text alone can tell. Whether the interface exists and the backends are on its segment is
// for `fairlead npath` to see.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// Appends every service of `top`, the main file's top level.
void read_npath(const table_reader& top, config_draft& draft);

} // namespace fairlead::conf
