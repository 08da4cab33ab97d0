// `fairlead explain URL`: which route and backend a request would take, and why; of a running process, or of
// a configuration file that nobody runs.
//
// Exit codes: 0 a route serves it, or answers it; 1 it could not be asked; 3 it is refused, or no route
// does (exit_codes.hpp).
#pragma once

#include "proxy/cli/admin_access.hpp"
#include "proxy/server/explain_request.hpp"

#include <string>

namespace fairlead::cli {

struct explain_command
{
    admin_access admin;
    server::explain_request asked;
    std::string config; // empty: the running process is asked
    bool as_json = false;
};

int explain(const explain_command& how);

} // namespace fairlead::cli
