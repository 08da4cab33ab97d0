// A configuration while it is being read: the values, and the places that checks across files point at.
#pragma once

#include "conf/diagnostics.hpp"
#include "conf/host_facts.hpp"
#include "conf/model.hpp"

#include <map>
#include <string>
#include <vector>

namespace fairlead::conf {

struct config_draft
{
    config value;
    host_facts host;
    std::map<std::string, written_at> pool_places;  // by name
    std::map<std::string, written_at> npath_places; // by what it serves: "10.0.0.1 80"

    // Parallel to value.routes; the key in each place is the full path, such as "route[3].pool".
    std::vector<written_at> route_places;
    std::vector<written_at> route_name_places;
    std::vector<written_at> route_pool_places;
    std::vector<written_at> route_auth_places;
};

} // namespace fairlead::conf
