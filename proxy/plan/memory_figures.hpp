// What a connection costs in memory and descriptors, as measured.
//
// Sources: bench/results/latest.json and docs/performance.md (a test compares them); for the kernel's part
// the growth of its slabs with thousands of idle sockets on Linux 6.18: TCP socket, inode, file, dentry,
// epoll entry and hash entries, of both sockets of a tunnel.
#pragma once

#include <cstdint>

namespace fairlead::plan {

inline constexpr std::uint64_t user_bytes_per_tunnel = 560;
inline constexpr std::uint64_t kernel_bytes_per_tunnel = 8'704;
inline constexpr std::uint64_t time_wait_bytes = 256; // of a connection that we ended first, for a minute
inline constexpr std::uint64_t process_bytes = 10ULL * 1024 * 1024;
inline constexpr std::uint64_t worker_bytes = 1024ULL * 1024; // buffers, timers and metrics of a worker
inline constexpr std::uint64_t port_map_bytes = 8ULL * 1024;  // of a source and destination in use

inline constexpr std::uint64_t descriptors_per_tunnel = 2;
inline constexpr std::uint64_t process_descriptors =
    160; // 11, room for scrapes, files and dials under way, and what descriptor_room leaves free
inline constexpr std::uint64_t worker_descriptors = 4; // beside its listening sockets

} // namespace fairlead::plan
