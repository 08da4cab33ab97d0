// What a machine, or a container, gives to this process: the limits that `fairlead plan` counts with.
//
// Plain values beside conf::host_facts, which has what a configuration is checked against. What the kernel
// does not show here (a container hides some) is absent. Reading blocks: for the command line.
// Sources: getrlimit(2), proc(5), and the kernel's sysctl/fs, networking/ip-sysctl and cgroup-v2 pages.
#pragma once

#include "conf/values.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace fairlead::net {

struct machine_facts
{
    using number = std::optional<std::uint64_t>;

    std::uint64_t descriptors_soft = 0; // RLIMIT_NOFILE; its unlimited is the largest number
    std::uint64_t descriptors_hard = 0;
    number nr_open;    // fs.nr_open, the most a hard limit can be
    number file_max;   // fs.file-max, of the whole machine
    number files_open; // of fs.file-nr
    std::uint32_t cpus = 1;
    std::uint64_t memory_bytes = 0; // of the machine, or of the control group where that is less
    std::uint64_t page_bytes = 4096;
    number somaxconn;               // net.core.somaxconn
    number syn_backlog;             // net.ipv4.tcp_max_syn_backlog
    number conntrack_max;           // net.netfilter.nf_conntrack_max; absent without connection tracking
    number conntrack_count;         // entries in use
    number time_wait_buckets;       // net.ipv4.tcp_max_tw_buckets
    number unprivileged_port_start; // net.ipv4.ip_unprivileged_port_start
    number nonlocal_bind_v6;        // net.ipv6.ip_nonlocal_bind

    std::optional<std::array<std::uint64_t, 3>> tcp_mem;   // net.ipv4.tcp_mem, in pages
    std::optional<std::vector<conf::cidr>> local_prefixes; // see local_routes.hpp
};

machine_facts read_machine_facts();

// In bytes: what the machine has, or the process's control group where that is less.
std::uint64_t memory_of_process();

// The first numbers of a line of /proc: as many as `out` has, separated by white space.
bool parse_numbers(std::string_view text, std::uint64_t* out, std::size_t count) noexcept;

} // namespace fairlead::net
