#include "proxy/net/tcp_info.hpp"

#include <array>
#include <cstddef>

// glibc's own copy of the structure ends before the field that is needed here.
#include <linux/tcp.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace fairlead::net {
namespace {

constexpr std::uint8_t tcp_listen =
    10; // TCP_LISTEN of <netinet/tcp.h>, which cannot be included beside <linux/tcp.h>

} // namespace

std::optional<std::uint64_t> bytes_acknowledged(int fd) noexcept
{
    tcp_info info{};
    socklen_t size = sizeof info;
    const int failed = ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    const std::size_t needed = offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
    if (failed != 0 || size < needed) return std::nullopt;
    return info.tcpi_bytes_acked;
}

std::optional<tcp_state_now> tcp_state(int fd) noexcept
{
    tcp_info info{};
    socklen_t size = offsetof(tcp_info, tcpi_rto); // the beginning is enough
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
    return tcp_state_now{info.tcpi_state, (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0};
}

// Of a socket that listens the kernel tells its queue in these fields (net/ipv4/tcp.c, tcp_get_info).
std::optional<accept_queue> accept_queue_of(int listening_fd) noexcept
{
    tcp_info info{};
    socklen_t size = offsetof(tcp_info, tcpi_lost);
    if (::getsockopt(listening_fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state != tcp_listen)
        return std::nullopt;
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    size = sizeof memory;
    const bool has_drops = ::getsockopt(listening_fd, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0;
    return accept_queue{info.tcpi_unacked, info.tcpi_sacked, has_drops ? memory[SK_MEMINFO_DROPS] : 0};
}

std::uint32_t tcp_round_trip_us(int fd) noexcept
{
    tcp_info info{};
    socklen_t size = offsetof(tcp_info, tcpi_rttvar);
    return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_rtt : 0;
}

std::uint64_t unacknowledged_bytes(int fd) noexcept
{
    int bytes = 0;
    return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

} // namespace fairlead::net
