// What the kernel knows of the Ethernet segment behind an interface: our own address on it, which hosts are
// reached directly, and their Ethernet addresses.
//
// It asks and never changes anything; who wants a neighbour resolved opens a connection to it. Each call is a
// system call or two that do not wait for the network. Thread: any. Errors: boost::system::system_error
// when the kernel cannot be asked at all; "it is not so" is an empty answer.
// Source: netlink(7), rtnetlink(7), netdevice(7).
#pragma once

#include "conf/values.hpp"
#include "proxy/npath/link_address.hpp"

#include <optional>
#include <span>
#include <string>

namespace fairlead::npath {

struct link_facts
{
    unsigned index = 0;
    link_address address;
    bool is_ethernet = false;

    bool operator==(const link_facts&) const = default;
};

// Nothing when there is no such interface.
std::optional<link_facts> find_link(const std::string& interface);

// How packets to an address leave.
struct route_facts
{
    unsigned interface = 0; // index
    std::string gateway;    // "" when the address is on the segment itself
    bool is_local = false;  // an address of this machine
};

// Nothing when there is no route.
std::optional<route_facts> find_route(const conf::ip_address& address);

// Nothing while the neighbour is unknown or does not answer.
std::optional<link_address> find_neighbour(unsigned interface, const conf::ip_address& address);

// Of `candidates`, the address to check a backend from: of its family, with the longest common prefix, and
// none of `excluded`, because a backend that has such an address on its loopback would answer itself.
std::optional<conf::ip_address> choose_source(std::span<const conf::ip_address> candidates,
                                              std::span<const conf::ip_address> excluded,
                                              const conf::ip_address& backend);

} // namespace fairlead::npath
