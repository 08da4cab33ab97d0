// What is exposed of a pool's discovery. Thread: any.
#pragma once

#include "metrics/family_set.hpp"
#include "metrics/registry.hpp"

namespace fairlead::metrics {

void add_discovery(family_set& out, const discovery_state& of);

} // namespace fairlead::metrics
