// What the ledger and the kernel say of the same tuples, compared.
//
//   the kernel has a connection of a tuple, the ledger has it free   others use it: a suspected tuple
//   the kernel has a socket at a source's port that is not ours      bind() may refuse the port towards
//                                                                    every destination: a suspected port
//   the kernel chooses the ports, and has more of them than we use   that many are in foreign use
//   the ledger has a tuple in use, the kernel has no such socket     unknown to it: a defect of ours
//
// Suspects only: the list is no snapshot, and whether a port can be bound depends on what the kernel does not
// list (SO_REUSEADDR of the other socket). foreign_tuples.hpp makes sure of each, with the tuple claimed.
// TIME_WAIT is nobody's use of a ledger's port where TCP timestamps let a new connection replace it.
// Pure: no I/O, no clock. Thread: any. Cost: sorts the sockets.
#pragma once

#include "proxy/snat/kernel_sockets.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fairlead::snat {

// One tuple space as the ledger had it before and after the kernel was asked. Without foreign tuples.
struct space_account
{
    conf::ip_address source;
    tuple_destination destination;
    std::shared_ptr<const port_set> ports;
    std::vector<std::uint16_t> before; // ports of ours, in order; none where the kernel chooses them
    std::vector<std::uint16_t> after;
    std::vector<std::uint16_t> resting; // of those after, that have no socket any more
    std::uint32_t count_before = 0;
    std::uint32_t count_after = 0;
};

struct suspected_tuple
{
    std::size_t space; // its position
    std::uint16_t port;
    bool operator==(const suspected_tuple&) const = default;
};

struct suspected_port
{
    conf::ip_address source;
    std::uint16_t port;
    bool operator==(const suspected_port&) const = default;
};

struct findings
{
    std::vector<suspected_tuple> tuples;
    std::vector<suspected_port> ports;
    std::vector<std::uint32_t> counts;    // in foreign use, for each space; 0 for those of the ledger's ports
    std::vector<suspected_tuple> unknown; // to the kernel
};

findings compare(std::span<const space_account> spaces, std::vector<kernel_socket> sockets,
                 bool is_time_wait_free);

// The filter that lets through every connection that matters to these spaces: by each source, or by the
// smallest block of a family that holds all of them when they are many.
socket_filter filter_for(std::span<const space_account> spaces);

} // namespace fairlead::snat
