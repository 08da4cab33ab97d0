#include "proxy/net/local_routes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace fairlead::net {
namespace {

using bytes = std::span<const std::byte>;

constexpr std::size_t align(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }

// The structure at the front of the bytes, which may lie at any address.
template <class Plain>
std::optional<Plain> front(bytes from) noexcept
{
    if (from.size() < sizeof(Plain)) return std::nullopt;
    Plain out;
    std::memcpy(&out, from.data(), sizeof out);
    return out;
}

bytes behind(bytes from, std::size_t size) noexcept
{
    return from.subspan(std::min(from.size(), align(size)));
}

// The prefix of one RTM_NEWROUTE message, when it is a local route.
std::optional<conf::cidr> local_prefix(bytes message)
{
    const auto route = front<rtmsg>(message);
    // Other tables are for chosen packets, such as the default route to ourselves of a transparent proxy.
    if (!route || route->rtm_type != RTN_LOCAL || route->rtm_table != RT_TABLE_LOCAL) return std::nullopt;
    conf::cidr out;
    out.address.is_v6 = route->rtm_family == AF_INET6;
    out.prefix_length = route->rtm_dst_len;
    const std::size_t address_bytes = out.address.is_v6 ? 16 : 4;
    for (bytes rest = behind(message, sizeof(rtmsg)); !rest.empty();) {
        const auto attribute = front<rtattr>(rest);
        if (!attribute || attribute->rta_len < sizeof(rtattr) || attribute->rta_len > rest.size()) break;
        if (attribute->rta_type == RTA_DST && attribute->rta_len >= sizeof(rtattr) + address_bytes)
            std::memcpy(out.address.bytes.data(), rest.data() + sizeof(rtattr), address_bytes);
        rest = behind(rest, attribute->rta_len);
    }
    return out;
}

enum class progress : std::uint8_t
{
    more,
    done,
    failed
};

progress take(bytes datagram, std::vector<conf::cidr>& out)
{
    while (const auto header = front<nlmsghdr>(datagram)) {
        if (header->nlmsg_type == NLMSG_DONE) return progress::done;
        if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_len < sizeof(nlmsghdr) ||
            header->nlmsg_len > datagram.size())
            return progress::failed;
        const auto message = datagram.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
        if (header->nlmsg_type == RTM_NEWROUTE) {
            if (const auto prefix = local_prefix(message)) out.push_back(*prefix);
        }
        datagram = behind(datagram, header->nlmsg_len);
    }
    return progress::more;
}

bool read_all(int fd, std::vector<conf::cidr>& out)
{
    struct
    {
        nlmsghdr header{};
        rtmsg route{};
    } asked;
    asked.header.nlmsg_len = sizeof asked;
    asked.header.nlmsg_type = RTM_GETROUTE;
    asked.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    asked.route.rtm_family = AF_UNSPEC; // every table of both families; what is local is looked for below
    const timeval limit{2, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::send(fd, &asked, sizeof asked, 0) != static_cast<ssize_t>(sizeof asked)) return false;
    std::vector<std::byte> room(64 * std::size_t{1024});
    for (;;) {
        const ssize_t count = ::recv(fd, room.data(), room.size(), 0);
        if (count <= 0) return false;
        const auto state = take(bytes(room).first(static_cast<std::size_t>(count)), out);
        if (state != progress::more) return state == progress::done;
    }
}

} // namespace

std::optional<std::vector<conf::cidr>> read_local_routes()
{
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return std::nullopt;
    std::vector<conf::cidr> out;
    const bool is_complete = read_all(fd, out);
    ::close(fd);
    return is_complete ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace fairlead::net
