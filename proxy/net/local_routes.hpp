// Which addresses the kernel takes for this machine's own: the local routes of this network namespace. Those
// of interfaces are among them, and prefixes that `ip route add local ... dev lo` made ours (AnyIP).
//
// Nothing when the kernel does not say. Blocking, for the command line. Source: rtnetlink(7), RTM_GETROUTE.
#pragma once

#include "conf/values.hpp"

#include <optional>
#include <vector>

namespace fairlead::net {

std::optional<std::vector<conf::cidr>> read_local_routes();

} // namespace fairlead::net
