// What a configuration's source addresses and ports are checked against on the machine that runs it.
//
// Plain values, read by the caller, so that a configuration can be checked anywhere; the default is a machine
// with the kernel's own port range and no interfaces.
#pragma once

#include "conf/port_ranges.hpp"
#include "conf/values.hpp"

#include <string>
#include <vector>

namespace fairlead::conf {

struct network_interface
{
    std::string name;
    std::vector<ip_address> addresses; // without IPv6 link-local ones, in the kernel's order
};

struct host_facts
{
    host_ports ports;
    std::vector<network_interface> interfaces;
    std::string transparent_problem = {}; // why a socket cannot have a client's address; empty: it can
};

} // namespace fairlead::conf
