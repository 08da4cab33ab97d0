// `fairlead check`: everything about a configuration that can be said without running it.
#pragma once

#include <string>

namespace fairlead::cli {

int check(const std::string& config_file, bool as_json); // returns the exit code

} // namespace fairlead::cli
