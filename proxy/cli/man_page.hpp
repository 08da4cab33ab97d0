// The manual page, fairlead(1): what is told of commands comes from the model of the command line, the rest
// is written here. In the macros of man(7). Pure; any thread.
#pragma once

#include "proxy/cli/command_model.hpp"

#include <string>

namespace fairlead::cli {

std::string man_page(const command_model& program, const std::string& version);

} // namespace fairlead::cli
