#include "proxy/net/interfaces.hpp"

#include "proxy/net/address.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <ifaddrs.h>
#include <netinet/in.h>

namespace fairlead::net {
namespace {

std::optional<conf::ip_address> address_of(const ifaddrs& entry)
{
    if (entry.ifa_addr == nullptr) return std::nullopt;
    const int family = entry.ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    socket_address address;
    address.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&address.storage, entry.ifa_addr, address.size);
    const auto ip = ip_of(address);
    const bool is_link_local = ip && ip->is_v6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
    return is_link_local ? std::nullopt : ip;
}

} // namespace

std::vector<conf::network_interface> read_interfaces()
{
    std::vector<conf::network_interface> out;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return out;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
    for (const auto* each = first; each != nullptr; each = each->ifa_next) {
        auto known = std::ranges::find(out, each->ifa_name, &conf::network_interface::name);
        if (known == out.end()) known = out.insert(known, {each->ifa_name, {}});
        if (const auto ip = address_of(*each)) known->addresses.push_back(*ip);
    }
    return out;
}

} // namespace fairlead::net
