// [pool.NAME]: the backends, and the source addresses they are dialled from.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// Appends every pool of `top`, which may be any file's top level.
void read_pools(const table_reader& top, config_draft& draft);

} // namespace fairlead::conf
