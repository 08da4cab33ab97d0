// What the operating system knows of this process, read when asked.
//
// Linux: /proc and rlimits. A value that cannot be read is absent; nothing here fails otherwise.
// Safe from any thread. Takes some microseconds, also with 100,000 open descriptors on Linux 6.2 and newer.
#pragma once

#include <cstdint>
#include <optional>

namespace fairlead::metrics {

struct process_stats
{
    std::optional<double> cpu_s; // user and system
    std::optional<std::uint64_t> resident_bytes;
    std::optional<std::uint64_t> virtual_bytes;
    std::optional<std::uint64_t> open_fds;
    std::optional<std::uint64_t> max_fds; // RLIMIT_NOFILE, the soft limit
};

process_stats read_process_stats();

// Unix time at which the process started, to the clock tick. Constant: read it once.
std::optional<double> process_start_time_s();

} // namespace fairlead::metrics
