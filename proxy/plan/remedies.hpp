// What to change so that a limit holds what is asked of it, in numbers.
//
// Each way is enough on its own, and names the key or setting with its value. A way that cannot reach the
// number (ports beyond 65535, more source addresses than a pool takes) is left out. Pure; any thread.
#pragma once

#include "proxy/plan/capacity_plan.hpp"

namespace fairlead::plan {

remedy remedy_for(const limit& exceeded, const plan_input& input, const capacity_plan& plan);

} // namespace fairlead::plan
