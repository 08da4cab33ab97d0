// A capacity plan as an operator reads it: tables of at most 100 columns, then what does not fit and the
// ways out.
//
// Pure; any thread.
#pragma once

#include "proxy/plan/capacity_plan.hpp"

#include <string>

namespace fairlead::plan {

std::string to_text(const capacity_plan& plan);

// "source tuples of pool chat", "descriptors"...
std::string limit_name(const limit& of);

} // namespace fairlead::plan
