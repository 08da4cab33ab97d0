// Reads `cors` of a route: what pages of other origins may ask of it.
//
// Errors go to the diagnostics of the table; a key that is wrong leaves what was there before.
#pragma once

#include "conf/edge_options.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// The response_headers of `target` have been read: none of them may be what `cors` says.
void read_cors(const table_reader& route, edge_options& target);

} // namespace fairlead::conf
