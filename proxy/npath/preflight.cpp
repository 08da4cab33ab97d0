#include "proxy/npath/preflight.hpp"

#include "proxy/npath/segment.hpp"

#include <cstdint>
#include <fstream>

#include <linux/capability.h>

namespace fairlead::npath {
namespace {

std::string place(const conf::source_position& where)
{
    return where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": ";
}

std::string backend_problem(const conf::npath_options& service, const conf::ip_address& address,
                            unsigned link)
{
    const auto route = find_route(address);
    if (!route)
        return "there is no route to it; is " + service.interface + " up, with an address on its segment?";
    if (route->is_local) return "is this machine's own address; a director cannot be its own backend";
    if (!route->gateway.empty())
        return "is not on the segment of " + service.interface + " but behind " + route->gateway +
               "; packets are forwarded by Ethernet address, so it has to be";
    if (route->interface != link)
        return "is on another interface than " + service.interface + "; name the one it is on";
    return "";
}

} // namespace

std::string capability_problem()
{
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;) {
        if (word != "CapEff:") continue;
        std::uint64_t effective = 0;
        file >> std::hex >> effective;
        if ((effective >> CAP_NET_ADMIN & 1) != 0) return "";
        return "the capability CAP_NET_ADMIN is missing: run as root, or under systemd with "
               "AmbientCapabilities=CAP_NET_ADMIN, or in a container with --cap-add NET_ADMIN";
    }
    return ""; // no /proc: nft will say it
}

std::vector<std::string> service_problems(const conf::npath_options& service)
{
    const std::string prefix = place(service.where) + "npath." + service.name + ": ";
    const auto link = find_link(service.interface);
    if (!link)
        return {prefix + "there is no interface " + service.interface +
                " on this machine; `ip link` lists them"};
    if (!link->is_ethernet) return {prefix + service.interface + " is not an Ethernet interface"};
    std::vector<std::string> problems;
    for (const auto& each : service.backends) {
        const std::string problem = backend_problem(service, each.address, link->index);
        if (!problem.empty())
            problems.push_back(place(each.where) + "npath." + service.name +
                               ".backends: " + conf::to_string(each.address) + " " + problem);
    }
    return problems;
}

} // namespace fairlead::npath
