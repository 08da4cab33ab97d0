// How many connections a pool can have to its backends at once, because each needs a tuple of its own.
//
//   connections = sources x destinations x ports, for each family of addresses
//
// A source is an address of the pool; a pool without any dials from one that the kernel chooses. A
// destination is an address and port of a backend, each once; a name that has not been resolved counts as
// one. Ports are the pool's own, 98 % of them where the kernel searches for a free one (snat::port_set), or
// all that the kernel gives to a pool without sources. Unix sockets need none, and a transparent pool has
// those of each client. Pure: no I/O, any thread. Source: RFC 9293 3.3.1.
#pragma once

#include "conf/host_facts.hpp"
#include "conf/model.hpp"
#include "proxy/snat/tuple_space.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::plan {

// What names resolve to, by host; one that is absent has not been resolved.
using resolved_names = std::map<std::string, std::vector<conf::ip_address>>;

// Where the tuples of a pool come from.
enum class tuple_origin : std::uint8_t
{
    source_addresses, // the pool's own, with ports of the ledger
    kernel_ports,     // the pool's own addresses, with ports that the kernel chooses
    kernel_choice,    // no source: the kernel chooses both
    client_addresses, // transparent: each client brings its own
    none_needed       // every backend is a Unix socket, or some is
};

struct family_capacity
{
    bool is_v6 = false;
    std::uint64_t sources = 0;
    std::uint64_t destinations = 0;
    std::uint64_t ports = 0; // of each source and destination

    std::uint64_t connections() const noexcept { return sources * destinations * ports; }
};

struct tuple_capacity
{
    tuple_origin origin = tuple_origin::kernel_choice;
    std::vector<family_capacity> families;             // those with a destination, IPv4 first
    conf::port_ranges ports;                           // that are chosen from
    std::vector<snat::tuple_destination> destinations; // each once, in order; without unresolved names
    std::vector<std::string> unresolved;               // names that count as one address

    // Nothing where tuples are no limit.
    std::optional<std::uint64_t> connections() const;
};

// The ports that we listen on, which nobody dials from.
conf::port_ranges listening_ports(const conf::config& config);

tuple_capacity count_tuples(const conf::config& config, const conf::pool_options& pool,
                            const conf::host_ports& host, const resolved_names& names);

} // namespace fairlead::plan
