// What can only be checked once every file has been read: references between tables, and doubles.
#pragma once

#include "conf/config_draft.hpp"

namespace fairlead::conf {

// Names the unnamed routes, and reports names given twice and routes that can never match because an earlier
// one has the same conditions.
void check_routes(config_draft& draft, diagnostics& errors);

// Reports routes to pools that do not exist. Needs every file: a pool may be defined in any of them.
void check_references(const config_draft& draft, diagnostics& errors);

} // namespace fairlead::conf
