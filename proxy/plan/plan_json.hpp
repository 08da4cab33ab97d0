// A capacity plan as one JSON object, for scripts. docs/operations.md documents its members, which stay: new
// ones may come.
//
// Pure; any thread.
#pragma once

#include "proxy/plan/capacity_plan.hpp"

#include <string>

namespace fairlead::plan {

std::string to_json(const capacity_plan& plan); // one line, with its end

} // namespace fairlead::plan
