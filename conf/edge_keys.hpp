// Reads the keys of a route by which it answers itself, lets in or keeps out, and changes answers.
//
// Errors go to the diagnostics of the table; a key that is wrong leaves what was there before.
#pragma once

#include "conf/edge_options.hpp"
#include "conf/table_reader.hpp"

#include <string>
#include <vector>

namespace fairlead::conf {

void read_edge_keys(const table_reader& route, edge_options& target);

// The headers, in lower case, by which a backend is told who the client is.
std::vector<std::string> vouched_names(const edge_options& of);

} // namespace fairlead::conf
