// A rate and its burst: two keys of a table, such as message_rate and message_burst.
//
// Errors go to the diagnostics of the table; what is wrong leaves what was there before.
#pragma once

#include "conf/table_reader.hpp"

#include <string_view>

namespace fairlead::conf {

struct rate_names
{
    std::string_view rate;
    std::string_view burst; // by default what comes in a second
};

void read_rate(const table_reader& table, const rate_names& names, rate_limit& target);

} // namespace fairlead::conf
