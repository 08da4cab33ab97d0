// `fairlead connections`: the tunnels of a running process, how to close them, and what passes through one.
//
// Exit codes: 0 told, closed, or followed to the end; 1 refused, or the process could not be asked.
#pragma once

#include "proxy/cli/admin_client.hpp"

#include <map>
#include <string>

namespace fairlead::cli {

struct connections_command
{
    admin_access admin;
    std::map<std::string, std::string> parameters; // of the request, by name; an empty one is not sent
    bool ascending = false;
    bool close = false;
    bool all = false;       // to be closed
    std::string trace;      // the id of one, whose frames are told as they pass
    std::string trace_time; // empty: as the process has it
    bool as_json = false;
};

int connections(const connections_command& how);

} // namespace fairlead::cli
