// The network interfaces of this network namespace, with the addresses that connections can be made from.
#pragma once

#include "conf/host_facts.hpp"

#include <vector>

namespace fairlead::net {

// Every interface, also one without addresses; IPv6 link-local addresses are left out, as they need a zone.
// None when the kernel does not say. Blocking, for start and reload. Source: getifaddrs(3).
std::vector<conf::network_interface> read_interfaces();

} // namespace fairlead::net
