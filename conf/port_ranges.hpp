// Sets of TCP ports as lists of ranges: what `ports = "1024-32767, 61000-65535"` says, and the arithmetic on
// it.
//
// A list is in order, without overlaps and without neighbours that touch. Plain values, no I/O, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

struct port_range // both ends included; first <= last
{
    std::uint16_t first = 32768; // the kernel's own default
    std::uint16_t last = 60999;

    std::uint32_t count() const noexcept { return std::uint32_t{last} - first + 1; }
    bool operator==(const port_range&) const = default;
};

using port_ranges = std::vector<port_range>;

// What the machine does with ports: read by the caller, so that a configuration can be checked anywhere.
struct host_ports
{
    port_range kernel;    // net.ipv4.ip_local_port_range
    port_ranges reserved; // net.ipv4.ip_local_reserved_ports: never chosen by the kernel
};

// One i of n processes that share the ports of a machine.
struct replica_number
{
    std::uint32_t index = 1; // 1..count
    std::uint32_t count = 1;

    bool operator==(const replica_number&) const = default;
};

// "1024-32767, 61000-65535", single ports too, in any order; nothing when it is not that, or names a port
// twice. Empty text is an empty list.
std::optional<port_ranges> parse_port_ranges(std::string_view text);
std::optional<replica_number> parse_replica(std::string_view text); // "2/3"

std::string to_string(const port_ranges& ranges); // parse_port_ranges() reads it back
std::uint32_t count_ports(const port_ranges& ranges);
bool contains(const port_ranges& ranges, std::uint16_t port);

port_ranges without(const port_ranges& from, const port_ranges& these);
port_ranges common_ports(const port_ranges& a, const port_ranges& b);

// The i-th of n consecutive slices, which differ by one port at most and make up the whole.
port_ranges slice_of(const port_ranges& whole, const replica_number& which);

// The ports that the kernel gives to whoever does not ask for one.
port_ranges chosen_by_kernel(const host_ports& host);

// From 1024 on, those that neither the kernel chooses nor the machine has reserved for a service.
port_ranges free_for_ledger(const host_ports& host);

} // namespace fairlead::conf
