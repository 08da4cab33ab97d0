// Completion for shells, written from the model of the command line, so that it knows every command and
// option.
//
// Names that only a running process knows (routes, pools, backends) are asked for while
// completing, by `fairlead completion --values KIND`. Pure; any thread.
#pragma once

#include "proxy/cli/command_model.hpp"

#include <string>

namespace fairlead::cli {

std::string bash_completion(const command_model& program);
std::string zsh_completion(const command_model& program);
std::string fish_completion(const command_model& program);

} // namespace fairlead::cli
