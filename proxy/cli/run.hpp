// `fairlead run` and `fairlead check`.
#pragma once

#include "conf/model.hpp"
#include "conf/read_config.hpp"

#include <string>

namespace fairlead::cli {

int run(const std::string& config_file);
int check(const std::string& config_file);

// Prints every error to stderr; whether there are any.
bool print_errors(const conf::read_result& read);

// Sets up the process's own log as [log] says; to stderr.
void set_up_log(const conf::log_options& options);

} // namespace fairlead::cli
