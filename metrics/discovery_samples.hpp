// What is exposed of a pool's discovery. Thread: any.
#pragma once

#include "metrics/exposition.hpp"
#include "metrics/registry.hpp"

namespace fairlead::metrics {

void add_discovery(exposition& out, const discovery_state& of);

} // namespace fairlead::metrics
