// Reads [log]: targets, formats, and the fields that an operator chose.
//
// An unknown field, a header that is no header name and one that carries secrets are errors. Pure.
#pragma once

#include "conf/log_options.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

void read_log(const table_reader& table, log_options& target);

} // namespace fairlead::conf
