// `fairlead top`: a running process's routes, backends or connections with their rates, again and again.
//
// On a terminal it has a screen of its own, which every end puts back; elsewhere a table each time. Ends
// with q or Ctrl-C (exit code 0), after one table with `once`, and by the signal that ended it.
#pragma once

#include "proxy/cli/admin_client.hpp"

#include <string>

namespace fairlead::cli {

struct top_command
{
    admin_access admin;
    std::string interval = "2s";
    std::string show = "routes"; // or backends, connections
    std::string sort_by;         // a column's title
    bool reversed = false;
    bool once = false;
    bool as_json = false;
};

// Returns the exit code. Throws std::runtime_error when the process cannot be asked the first time.
int top(const top_command& how);

} // namespace fairlead::cli
