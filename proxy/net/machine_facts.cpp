#include "proxy/net/machine_facts.hpp"

#include "proxy/net/local_routes.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

namespace fairlead::net {
namespace {

template <std::size_t Count>
std::optional<std::array<std::uint64_t, Count>> read_numbers(const char* path)
{
    std::ifstream file(path);
    std::string line;
    std::array<std::uint64_t, Count> out{};
    if (!std::getline(file, line) || !parse_numbers(line, out.data(), Count)) return std::nullopt;
    return out;
}

machine_facts::number read_number(const char* path)
{
    const auto one = read_numbers<1>(path);
    return one ? machine_facts::number((*one)[0]) : std::nullopt;
}

std::uint64_t memory_of_machine(std::uint64_t page_bytes)
{
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? static_cast<std::uint64_t>(pages) * page_bytes : 0;
}

// The groups that this process is in, of version 2: its own and all above it. A container sees its own at the
// root. "max" is no number.
std::uint64_t memory_of_groups()
{
    constexpr std::string_view version_2 = "0::";
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    std::ifstream file("/proc/self/cgroup");
    std::string line;
    while (std::getline(file, line) && !line.starts_with(version_2)) {
    }
    std::string group = line.starts_with(version_2) ? line.substr(version_2.size()) : "";
    for (;;) {
        const std::string path = "/sys/fs/cgroup" + group + "/memory.max";
        if (const auto limit = read_number(path.c_str())) least = std::min(least, *limit);
        if (group.empty()) break;
        group.erase(group.rfind('/'));
    }
    const auto of_version_1 = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    return of_version_1 ? std::min(least, *of_version_1) : least;
}

std::uint64_t or_largest(rlim_t limit)
{
    return limit == RLIM_INFINITY ? std::numeric_limits<std::uint64_t>::max() : limit;
}

} // namespace

bool parse_numbers(std::string_view text, std::uint64_t* out, std::size_t count) noexcept
{
    const auto* at = text.data();
    const auto* const end = text.data() + text.size();
    for (std::size_t i = 0; i < count; ++i) {
        while (at != end && (*at == ' ' || *at == '\t'))
            ++at;
        const auto [next, error] = std::from_chars(at, end, out[i]);
        if (error != std::errc{}) return false;
        at = next;
    }
    return true;
}

std::uint64_t memory_of_process()
{
    const auto page_bytes = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
    return std::min(memory_of_machine(page_bytes), memory_of_groups());
}

machine_facts read_machine_facts()
{
    machine_facts out;
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    out.descriptors_soft = or_largest(descriptors.rlim_cur);
    out.descriptors_hard = or_largest(descriptors.rlim_max);
    out.nr_open = read_number("/proc/sys/fs/nr_open");
    out.file_max = read_number("/proc/sys/fs/file-max");
    out.files_open = read_number("/proc/sys/fs/file-nr");
    out.cpus = std::max(1U, std::thread::hardware_concurrency());
    out.page_bytes = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
    out.memory_bytes = memory_of_process();
    out.somaxconn = read_number("/proc/sys/net/core/somaxconn");
    out.syn_backlog = read_number("/proc/sys/net/ipv4/tcp_max_syn_backlog");
    out.conntrack_max = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
    out.conntrack_count = read_number("/proc/sys/net/netfilter/nf_conntrack_count");
    out.time_wait_buckets = read_number("/proc/sys/net/ipv4/tcp_max_tw_buckets");
    out.unprivileged_port_start = read_number("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    out.nonlocal_bind_v6 = read_number("/proc/sys/net/ipv6/ip_nonlocal_bind");
    out.tcp_mem = read_numbers<3>("/proc/sys/net/ipv4/tcp_mem");
    out.local_prefixes = read_local_routes();
    return out;
}

} // namespace fairlead::net
