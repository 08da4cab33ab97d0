// Reads the keys of a route that are about passwords and compression, and judges headers that say who a
// client is.
//
// Errors go to the diagnostics of the table; a key that is wrong leaves what was there before.
#pragma once

#include "conf/edge_options.hpp"
#include "conf/table_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// After the other keys of the edge: what they say decides what may stand beside it. Reads the password file.
void read_basic_auth(const table_reader& route, edge_options& target);
void read_compression(const table_reader& route, edge_options& target);

// What is wrong with a header that is set from what somebody says of the client; "" when nothing is.
std::string problem_of_copy(std::string_view header, const std::vector<std::string>& taken);

} // namespace fairlead::conf
