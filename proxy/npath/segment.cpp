#include "proxy/npath/segment.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::npath {
namespace {

[[noreturn]] void fail(const char* what)
{
    throw boost::system::system_error(errno, boost::system::system_category(), what);
}

class descriptor
{
public:
    descriptor(int family, int type, int protocol, const char* what)
        : fd_(::socket(family, type | SOCK_CLOEXEC, protocol))
    {
        if (fd_ < 0) fail(what);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { ::close(fd_); }

    int get() const noexcept { return fd_; }

private:
    int fd_;
};

// The bytes that an address has in the kernel's messages.
std::span<const std::uint8_t> bytes_of(const conf::ip_address& address)
{
    return {address.bytes.data(), address.is_v6 ? std::size_t{16} : std::size_t{4}};
}

// One request: a header, a fixed body and attributes, each of them aligned to 4 bytes.
template <class Body>
class netlink_request
{
public:
    netlink_request(std::uint16_t type, const Body& body)
    {
        nlmsghdr header{};
        header.nlmsg_type = type;
        header.nlmsg_flags = NLM_F_REQUEST;
        append(&header, sizeof header);
        append(&body, sizeof body);
    }

    void add(std::uint16_t type, std::span<const std::uint8_t> value)
    {
        rtattr head{};
        head.rta_len = static_cast<unsigned short>(RTA_LENGTH(value.size()));
        head.rta_type = type;
        append(&head, sizeof head);
        append(value.data(), value.size());
    }

    std::span<const std::byte> finish()
    {
        const auto size = static_cast<std::uint32_t>(bytes_.size());
        std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
        return bytes_;
    }

private:
    void append(const void* data, std::size_t size)
    {
        const auto at = bytes_.size();
        bytes_.resize(at + NLMSG_ALIGN(size));
        std::memcpy(bytes_.data() + at, data, size);
    }

    std::vector<std::byte> bytes_;
};

// The answer's bytes behind its header; nothing when the kernel answers with an error.
std::optional<std::vector<std::byte>> ask(std::span<const std::byte> request)
{
    const descriptor socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, "netlink");
    if (::send(socket.get(), request.data(), request.size(), 0) < 0) fail("netlink");
    std::array<std::byte, 8192> buffer;
    const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0) fail("netlink");
    nlmsghdr header{};
    if (static_cast<std::size_t>(count) < sizeof header) return std::nullopt;
    std::memcpy(&header, buffer.data(), sizeof header);
    const std::size_t size = std::min<std::size_t>(static_cast<std::size_t>(count), header.nlmsg_len);
    if (header.nlmsg_type == NLMSG_ERROR || size < sizeof header) return std::nullopt;
    return std::vector<std::byte>(buffer.begin() + sizeof header,
                                  buffer.begin() + static_cast<std::ptrdiff_t>(size));
}

// Takes a fixed body off the front.
template <class Body>
std::optional<Body> take(std::span<const std::byte>& rest)
{
    if (rest.size() < NLMSG_ALIGN(sizeof(Body))) return std::nullopt;
    Body body;
    std::memcpy(&body, rest.data(), sizeof body);
    rest = rest.subspan(NLMSG_ALIGN(sizeof body));
    return body;
}

// The value of an attribute; empty when it is not there.
std::span<const std::byte> find_attribute(std::span<const std::byte> rest, std::uint16_t type)
{
    rtattr head{};
    while (rest.size() >= sizeof head) {
        std::memcpy(&head, rest.data(), sizeof head);
        if (head.rta_len < sizeof head || head.rta_len > rest.size()) break;
        if (head.rta_type == type) return rest.subspan(sizeof head, head.rta_len - sizeof head);
        rest = rest.subspan(std::min<std::size_t>(rest.size(), RTA_ALIGN(head.rta_len)));
    }
    return {};
}

unsigned char family_of(const conf::ip_address& address) { return address.is_v6 ? AF_INET6 : AF_INET; }

unsigned common_prefix(const conf::ip_address& a, const conf::ip_address& b)
{
    unsigned bits = 0;
    for (std::size_t i = 0; i < bytes_of(a).size(); ++i) {
        const auto differs = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
        bits += static_cast<unsigned>(std::countl_zero(differs));
        if (differs != 0) break;
    }
    return bits;
}

} // namespace

std::optional<link_facts> find_link(const std::string& interface)
{
    link_facts facts;
    facts.index = ::if_nametoindex(interface.c_str());
    if (facts.index == 0) return std::nullopt;
    const descriptor socket(AF_INET6, SOCK_DGRAM, 0, "socket");
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) return std::nullopt;
    facts.is_ethernet = request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
    std::memcpy(facts.address.bytes.data(), request.ifr_hwaddr.sa_data, facts.address.bytes.size());
    return facts;
}

std::optional<route_facts> find_route(const conf::ip_address& address)
{
    rtmsg body{};
    body.rtm_family = family_of(address);
    body.rtm_dst_len = address.is_v6 ? 128 : 32;
    netlink_request<rtmsg> request(RTM_GETROUTE, body);
    request.add(RTA_DST, bytes_of(address));
    const auto answer = ask(request.finish());
    if (!answer) return std::nullopt;
    std::span<const std::byte> rest(*answer);
    const auto route = take<rtmsg>(rest);
    if (!route) return std::nullopt;
    route_facts facts;
    facts.is_local = route->rtm_type == RTN_LOCAL;
    const auto interface = find_attribute(rest, RTA_OIF);
    if (interface.size() == sizeof facts.interface)
        std::memcpy(&facts.interface, interface.data(), sizeof facts.interface);
    const auto gateway = find_attribute(rest, RTA_GATEWAY);
    if (gateway.size() == 4 || gateway.size() == 16) {
        conf::ip_address via;
        via.is_v6 = gateway.size() == 16;
        std::memcpy(via.bytes.data(), gateway.data(), gateway.size());
        facts.gateway = conf::to_string(via);
    } else if (!find_attribute(rest, RTA_VIA).empty()) {
        facts.gateway = "a gateway of the other family"; // RFC 5549
    }
    return facts;
}

std::optional<link_address> find_neighbour(unsigned interface, const conf::ip_address& address)
{
    ndmsg body{};
    body.ndm_family = family_of(address);
    body.ndm_ifindex = static_cast<int>(interface);
    netlink_request<ndmsg> request(RTM_GETNEIGH, body);
    request.add(NDA_DST, bytes_of(address));
    const auto answer = ask(request.finish());
    if (!answer) return std::nullopt;
    std::span<const std::byte> rest(*answer);
    const auto entry = take<ndmsg>(rest);
    constexpr int known = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
    if (!entry || (entry->ndm_state & known) == 0) return std::nullopt;
    const auto value = find_attribute(rest, NDA_LLADDR);
    link_address link;
    if (value.size() != link.bytes.size()) return std::nullopt;
    std::memcpy(link.bytes.data(), value.data(), value.size());
    return link;
}

std::optional<conf::ip_address> choose_source(std::span<const conf::ip_address> candidates,
                                              std::span<const conf::ip_address> excluded,
                                              const conf::ip_address& backend)
{
    std::optional<conf::ip_address> best;
    for (const conf::ip_address& each : candidates) {
        if (each.is_v6 != backend.is_v6 || std::ranges::find(excluded, each) != excluded.end()) continue;
        if (!best || common_prefix(each, backend) > common_prefix(*best, backend)) best = each;
    }
    return best;
}

} // namespace fairlead::npath
