// Sockets whose local address is the client's, which this machine does not have (IP_TRANSPARENT).
//
// Such a socket can be bound and can send; answers reach it only where the backends' route back leads here
// and this machine delivers them to itself, by the rules that snat/transparent_rules.hpp writes. Nothing here
// installs them.
// Errors: CAP_NET_RAW or CAP_NET_ADMIN is needed. Thread: any. Source: ip(7), ipv6(7); tproxy in the kernel's
// networking documentation.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::net {

bool make_transparent(int fd, bool is_v6) noexcept;

// Why this process cannot have such sockets, and what to do; empty: it can. Tries it with a socket.
std::string transparent_problem();

// What of /proc/sys/net/ipv4/conf/NAME decides whether a packet's way back is judged by its mark.
struct path_filter
{
    std::string interface; // "all" is one, and counts for the others
    int rp_filter = 0;
    int src_valid_mark = 0;
};

// Those of this network namespace. Blocking, for start and reload.
std::vector<path_filter> read_path_filters();

// The interfaces on which the kernel would drop the backends' answers: it takes the stricter of an
// interface's rp_filter and that of "all", and with src_valid_mark it looks the client up under the mark
// of the rules, where every address is local (measured: rp_filter=1 alone lets answers pass).
std::vector<std::string> interfaces_that_drop_answers(std::span<const path_filter> filters);

} // namespace fairlead::net
