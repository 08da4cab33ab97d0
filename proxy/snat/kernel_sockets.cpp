#include "proxy/snat/kernel_sockets.hpp"

#include "proxy/net/address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace fairlead::snat {
namespace {

using boost::system::error_code;

constexpr std::size_t buffer_bytes = 64UL * 1024;
constexpr std::uint32_t bound_inactive = 13;       // TCP_BOUND_INACTIVE, since Linux 6.8
constexpr std::uint8_t time_wait_timer = 3;        // of inet_diag_msg
constexpr std::size_t most_program_bytes = 65'000; // an attribute's length has 16 bits

constexpr std::uint32_t bit(std::uint32_t state) noexcept { return 1U << state; }

constexpr std::uint32_t connection_states =
    bit(TCP_ESTABLISHED) | bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV) | bit(TCP_FIN_WAIT1) | bit(TCP_FIN_WAIT2) |
    bit(TCP_TIME_WAIT) | bit(TCP_CLOSE_WAIT) | bit(TCP_LAST_ACK) | bit(TCP_CLOSING) | bit(bound_inactive);

error_code last_error() noexcept { return {errno, boost::system::system_category()}; }
error_code error_of(int number) noexcept { return {number, boost::system::system_category()}; }

void put(const conf::ip_address& ip, __be32 (&words)[4]) noexcept
{
    std::memcpy(words, ip.bytes.data(), ip.is_v6 ? 16 : 4);
}

conf::ip_address ip_from(const __be32 (&words)[4], std::uint8_t family) noexcept
{
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    conf::ip_address out;
    out.is_v6 = family == AF_INET6;
    std::memcpy(out.bytes.data(), words, out.is_v6 ? 16 : 4);
    if (out.is_v6 && std::memcmp(out.bytes.data(), mapped.data(), mapped.size()) == 0) {
        conf::ip_address v4;
        std::memcpy(v4.bytes.data(), out.bytes.data() + mapped.size(), 4);
        return v4;
    }
    return out;
}

socket_stage stage_of(const inet_diag_msg& entry) noexcept
{
    if (entry.idiag_timer == time_wait_timer || entry.idiag_state == TCP_TIME_WAIT)
        return socket_stage::time_wait;
    if (entry.idiag_state == TCP_LISTEN) return socket_stage::listening;
    return entry.id.idiag_dport == 0 ? socket_stage::bound : socket_stage::connected;
}

kernel_socket socket_from(const inet_diag_msg& entry) noexcept
{
    return {ip_from(entry.id.idiag_src, entry.idiag_family),
            ntohs(entry.id.idiag_sport),
            {ip_from(entry.id.idiag_dst, entry.idiag_family), ntohs(entry.id.idiag_dport)},
            stage_of(entry)};
}

// One message of a datagram, taken off its front.
struct message
{
    nlmsghdr header{};
    std::span<const std::byte> payload;

    std::optional<inet_diag_msg> entry() const noexcept
    {
        inet_diag_msg out{};
        if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || payload.size() < sizeof out) return std::nullopt;
        std::memcpy(&out, payload.data(), sizeof out);
        return out;
    }

    // The error the kernel answers with; success when this is no error.
    error_code error() const noexcept
    {
        int number = 0; // the first member of nlmsgerr; also what ends a list
        const bool has_error = header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE;
        if (has_error && payload.size() >= sizeof number) std::memcpy(&number, payload.data(), sizeof number);
        return error_of(-number);
    }
};

std::optional<message> take_message(std::span<const std::byte>& datagram) noexcept
{
    message out;
    if (datagram.size() < sizeof out.header) return std::nullopt;
    std::memcpy(&out.header, datagram.data(), sizeof out.header);
    const std::size_t length = out.header.nlmsg_len;
    if (length < sizeof out.header || length > datagram.size()) return std::nullopt;
    out.payload = datagram.subspan(sizeof out.header, length - sizeof out.header);
    datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(length), datagram.size()));
    return out;
}

} // namespace

struct kernel_sockets::query
{
    inet_diag_req_v2 body{};
    std::span<const std::byte> program;
};

boost::system::result<kernel_sockets> kernel_sockets::open()
{
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) return last_error();
    kernel_sockets out(fd);
    const timeval longest{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    out.buffer_.resize(buffer_bytes);
    return out;
}

kernel_sockets::kernel_sockets(kernel_sockets&& other) noexcept
    : fd_(std::exchange(other.fd_, -1))
    , sequence_(other.sequence_)
    , buffer_(std::move(other.buffer_))
{}

kernel_sockets::~kernel_sockets()
{
    if (fd_ >= 0) ::close(fd_);
}

error_code kernel_sockets::send(const query& what, std::uint16_t flags)
{
    nlattr attribute{};
    attribute.nla_len = static_cast<std::uint16_t>(sizeof attribute + what.program.size());
    attribute.nla_type = INET_DIAG_REQ_BYTECODE;
    const std::size_t attached = what.program.empty() ? 0 : attribute.nla_len;
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + sizeof what.body + attached);
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header.nlmsg_seq = ++sequence_;
    std::array<iovec, 4> parts{{{&header, sizeof header},
                                {const_cast<inet_diag_req_v2*>(&what.body), sizeof what.body},
                                {&attribute, sizeof attribute},
                                {const_cast<std::byte*>(what.program.data()), what.program.size()}}};
    msghdr packet{};
    packet.msg_iov = parts.data();
    packet.msg_iovlen = attached == 0 ? 2 : 4;
    return ::sendmsg(fd_, &packet, 0) < 0 ? last_error() : error_code{};
}

error_code kernel_sockets::receive(std::span<const std::byte>& datagram)
{
    for (;;) {
        const ssize_t got = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
        if (got >= 0) {
            datagram = {buffer_.data(), static_cast<std::size_t>(got)};
            return {};
        }
        if (errno == EAGAIN) return error_of(ETIMEDOUT);
        if (errno != EINTR) return last_error();
    }
}

error_code kernel_sockets::list(const query& what, std::vector<kernel_socket>& out)
{
    if (what.program.size() > most_program_bytes) return error_of(EMSGSIZE);
    if (const auto failed = send(what, NLM_F_DUMP)) return failed;
    for (;;) {
        std::span<const std::byte> datagram;
        if (const auto failed = receive(datagram)) return failed;
        while (const auto each = take_message(datagram)) {
            if (each->header.nlmsg_seq != sequence_) continue; // of a list that timed out
            if (const auto failed = each->error()) return failed;
            if (each->header.nlmsg_type == NLMSG_DONE) return {};
            if (const auto entry = each->entry()) out.push_back(socket_from(*entry));
        }
    }
}

error_code kernel_sockets::list_connections(const socket_filter& filter, std::vector<kernel_socket>& out)
{
    const auto program = filter_program(filter);
    // Sockets of IPv6 also talk IPv4, so they are asked for in any case.
    for (const std::uint8_t family : {AF_INET, AF_INET6}) {
        query what;
        what.body.sdiag_family = family;
        what.body.sdiag_protocol = IPPROTO_TCP;
        what.body.idiag_states = connection_states;
        what.program = program;
        if (const auto failed = list(what, out)) return failed;
    }
    return {};
}

error_code kernel_sockets::list_listeners(const conf::port_ranges& ports, std::vector<kernel_socket>& out)
{
    const auto program = filter_program({{}, ports});
    for (const std::uint8_t family : {AF_INET, AF_INET6}) {
        query what;
        what.body.sdiag_family = family;
        what.body.sdiag_protocol = IPPROTO_TCP;
        what.body.idiag_states = bit(TCP_LISTEN);
        what.program = program;
        if (const auto failed = list(what, out)) return failed;
    }
    return {};
}

boost::system::result<socket_stage> kernel_sockets::find(const conf::ip_address& source, std::uint16_t port,
                                                         const tuple_destination& destination)
{
    query what;
    what.body.sdiag_family = source.is_v6 ? AF_INET6 : AF_INET;
    what.body.sdiag_protocol = IPPROTO_TCP;
    what.body.idiag_states = ~0U;
    what.body.id.idiag_sport = htons(port);
    what.body.id.idiag_dport = htons(destination.port);
    put(source, what.body.id.idiag_src);
    put(destination.ip, what.body.id.idiag_dst);
    what.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    what.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (const auto failed = send(what, 0)) return failed;
    for (;;) {
        std::span<const std::byte> datagram;
        if (const auto failed = receive(datagram)) return failed;
        const auto answer = take_message(datagram);
        if (!answer || answer->header.nlmsg_seq != sequence_) continue;
        if (const auto entry = answer->entry()) {
            const auto stage = stage_of(*entry);
            return stage == socket_stage::listening ? socket_stage::bound : stage; // one that would accept it
        }
        const auto failed = answer->error();
        if (failed && failed.value() != ENOENT) return failed;
        return socket_stage::bound;
    }
}

} // namespace fairlead::snat
