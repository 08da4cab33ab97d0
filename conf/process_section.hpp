// Reads [process]: who the process becomes, and the filter of its system calls.
//
// Root as a user, and a group without a user, are errors. Pure: nobody is asked whether they exist.
#pragma once

#include "conf/process_options.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

void read_process(const table_reader& table, process_options& target);

} // namespace fairlead::conf
