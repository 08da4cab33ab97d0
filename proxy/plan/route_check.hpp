// Whether each route's max_connections can be held by the source tuples of its pool: what `fairlead check`
// says.
//
// It asks about tuples alone, as the configuration has them: descriptors and memory are those of another
// machine, perhaps, and `fairlead plan` is there for them. Names count as one address each.
// Pure; any thread.
#pragma once

#include "conf/host_facts.hpp"
#include "conf/read_config.hpp"

#include <string>
#include <vector>

namespace fairlead::plan {

struct route_verdict
{
    std::vector<conf::config_error> errors; // a route that cannot be held even alone, at its line
    std::vector<std::string> warnings;      // routes that cannot be held together, or only perhaps
};

route_verdict check_routes(const conf::config& config, const conf::host_facts& host);

} // namespace fairlead::plan
