// What a machine has to be for a service to be forwarded there: looked at before anything is changed.
//
// Asks the kernel; no state. Thread: any. The texts say what to do, and begin with the place in the file
// where there is one.
#pragma once

#include "conf/model.hpp"

#include <string>
#include <vector>

namespace fairlead::npath {

// "" when this process may program the kernel.
std::string capability_problem();

// Interfaces that are not there, backends that are not on their segment.
std::vector<std::string> service_problems(const conf::npath_options& service);

} // namespace fairlead::npath
