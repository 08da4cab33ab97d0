// [[route]]: what a request has to look like, and the pool that it goes to.
//
// Checks of one route alone; consistency.hpp compares routes with each other and with the pools.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// Appends every route of `top`, which may be any file's top level.
void read_routes(const table_reader& top, config_draft& draft);

} // namespace fairlead::conf
