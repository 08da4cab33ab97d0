// `fairlead status`: how a running process is, on one screen.
#pragma once

#include "proxy/cli/admin_client.hpp"

#include <string>

namespace fairlead::cli {

struct status_command
{
    admin_access admin;
    bool only_check = false; // the health alone, and an exit code of exit_codes.hpp for it
    bool all = false;        // every row
    bool as_json = false;
};

// Returns the exit code; without `only_check` 0 when there is an answer.
int status(const status_command& how);

} // namespace fairlead::cli
