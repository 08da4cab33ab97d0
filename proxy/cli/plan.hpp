// `fairlead plan`: how many connections a configuration holds on this machine, and what to change for more.
//
// It resolves the names of backends, for five seconds at most; it opens no connection and changes nothing.
#pragma once

#include <string>
#include <vector>

namespace fairlead::cli {

struct plan_options
{
    std::string config;
    std::vector<std::string> connections; // "100000", or "POOL=60000" for one pool
    bool as_json = false;
};

// Returns the exit code: 0, 1 when the configuration has errors, 2 when the numbers are none, 3 when what was
// asked for does not fit.
int plan_capacity(const plan_options& options);

} // namespace fairlead::cli
