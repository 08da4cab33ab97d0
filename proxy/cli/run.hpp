// `fairlead run`: the proxy itself.
#pragma once

#include <string>

namespace fairlead::cli {

int run(const std::string& config_file);

} // namespace fairlead::cli
