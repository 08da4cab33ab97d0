// `fairlead run`: the proxy itself.
#pragma once

#include "conf/model.hpp"

#include <string>

namespace fairlead::cli {

int run(const std::string& config_file);

// Sets up the process's own log as [log] says; to stderr.
void set_up_log(const conf::log_options& options);

} // namespace fairlead::cli
