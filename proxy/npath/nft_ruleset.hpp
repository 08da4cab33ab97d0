// The nftables script that makes the kernel forward one service, in a table of its own: netdev
// fairlead_npath_NAME.
//
//   ingress   on the interface: packets to the service's address and port go to `follow`; ICMP errors for the
//             address go to every backend too, because one of them needs to know of a smaller path MTU
//   follow    a connection in the map `flows` goes to its backend; a new one, and one never seen, to `choose`
//   choose    hash of client address and port -> `slots` -> a backend's chain; with no backend the packet is
//             this machine's, which answers with a RST
//   bID_ADDR  one for each backend: remembers the connection, rewrites both Ethernet addresses, sends it out
//
// `flows` maps a connection to the ID of its backend's chain, which `members` resolves. An ID is never
// used for a second life of a backend: taking it out of `members` ends all of its connections at once,
// however many there are, and their clients get a RST from whoever is chosen next. A SYN is always chosen
// anew, so a reused client port does not inherit an old backend. A connection that has seen a FIN or RST
// is forgotten after a minute (`closing`), so that the map holds what lives.
//
// The script can be applied on top of any earlier one of the same interface, address family and name:
// `flows`, `closing` and the counters stay, everything else is written anew. All or nothing: it is one
// transaction. Pure; whatever is put into it was checked by conf. Thread: any.
#pragma once

#include "conf/values.hpp"
#include "proxy/npath/link_address.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::npath {

inline constexpr std::string_view table_prefix = "fairlead_npath_";
inline constexpr std::uint32_t max_flows = 1'000'000; // of a service; about 150 bytes of kernel memory each

struct nft_member
{
    std::uint32_t id = 0; // 1 to 2^31 - 1
    conf::ip_address address;
    link_address link;

    bool operator==(const nft_member&) const = default;
};

struct nft_service
{
    std::string name;
    conf::ip_address address;
    std::uint16_t port = 0;
    std::string interface;
    link_address own_link; // of the interface
    conf::duration flow_timeout{};
    std::uint32_t slot_count = 0;
    std::vector<nft_member> members;
    std::vector<std::size_t> slots; // slot_count indices of members; empty: nobody takes new connections

    bool operator==(const nft_service&) const = default;
};

std::string table_name(std::string_view service);
std::string member_chain(std::uint32_t id, const conf::ip_address& address);
std::string packet_counter(const conf::ip_address& backend);
std::string flow_counter(const conf::ip_address& backend); // counts SYNs
inline constexpr std::string_view unserved_counter = "unserved";

// `stale_chains` are those of members that are no more, `stale_backends` whose counters go too.
std::string service_script(const nft_service& service, const std::vector<std::string>& stale_chains,
                           const std::vector<conf::ip_address>& stale_backends);
std::string removal_script(std::string_view table); // also when there is no such table

} // namespace fairlead::npath
