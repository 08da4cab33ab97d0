// `fairlead completion`: the script for a shell, or the names that a running process knows, one a line.
#pragma once

#include "proxy/cli/admin_client.hpp"
#include "proxy/cli/command_model.hpp"

#include <string>

namespace fairlead::cli {

struct completion_command
{
    std::string shell;  // "bash", "zsh", "fish"
    std::string values; // or a kind of names: ROUTE, POOL, POOL/ADDRESS
    admin_access admin;
};

// Returns the exit code. Who asks for names and gets none is not told why: nobody reads it while completing.
int complete(const completion_command& how, const command_model& program);

} // namespace fairlead::cli
