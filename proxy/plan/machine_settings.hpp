// The sysctls and limits of the machine that matter for the plan's connections, each with what it is and
// what it has to be.
//
// A setting that the machine does not show is left out. Pure; any thread.
// Sources: the kernel's sysctl/fs, sysctl/net, networking/ip-sysctl and networking/nf_conntrack-sysctl pages.
#pragma once

#include "proxy/plan/capacity_plan.hpp"

#include <vector>

namespace fairlead::plan {

std::vector<setting> judge_settings(const plan_input& input, const capacity_plan& plan);

} // namespace fairlead::plan
