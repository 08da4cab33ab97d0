#include "proxy/net/address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace fairlead::net {
namespace {

// The families' own structures share their storage with sockaddr_storage only by copying (C++ aliasing
// rules).
template <class Address>
Address copy_as(const socket_address& address) noexcept
{
    Address out;
    std::memcpy(&out, &address.storage, sizeof out);
    return out;
}

template <class Address>
socket_address from(const Address& address, std::size_t size) noexcept
{
    socket_address out;
    std::memcpy(&out.storage, &address, size);
    out.size = static_cast<socklen_t>(size);
    return out;
}

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

} // namespace

conf::ip_address unmapped(const conf::ip_address& ip) noexcept
{
    if (!ip.is_v6 || !std::equal(mapped_prefix.begin(), mapped_prefix.end(), ip.bytes.begin())) return ip;
    conf::ip_address out;
    std::copy_n(ip.bytes.begin() + mapped_prefix.size(), 4, out.bytes.begin());
    return out;
}

conf::ip_address as_v6(const conf::ip_address& ip) noexcept
{
    if (ip.is_v6) return ip;
    conf::ip_address out;
    out.is_v6 = true;
    std::copy_n(ip.bytes.begin(), 4,
                std::copy(mapped_prefix.begin(), mapped_prefix.end(), out.bytes.begin()));
    return out;
}

const sockaddr* socket_address::data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
sockaddr* socket_address::data() noexcept { return reinterpret_cast<sockaddr*>(&storage); }

socket_address to_socket_address(const conf::ip_address& ip, std::uint16_t port) noexcept
{
    if (ip.is_v6) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&v6.sin6_addr, ip.bytes.data(), 16);
        return from(v6, sizeof v6);
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, ip.bytes.data(), 4);
    return from(v4, sizeof v4);
}

std::optional<socket_address> to_socket_address(const std::string& unix_path) noexcept
{
    sockaddr_un local{};
    if (unix_path.size() >= sizeof local.sun_path) return std::nullopt;
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, unix_path.c_str(), unix_path.size() + 1);
    return from(local, sizeof local);
}

std::optional<conf::ip_address> ip_of(const socket_address& address) noexcept
{
    conf::ip_address out;
    if (address.family() == AF_INET) {
        const auto v4 = copy_as<sockaddr_in>(address);
        std::memcpy(out.bytes.data(), &v4.sin_addr, 4);
        return out;
    }
    if (address.family() != AF_INET6) return std::nullopt;
    const auto v6 = copy_as<sockaddr_in6>(address);
    out.is_v6 = true;
    std::memcpy(out.bytes.data(), &v6.sin6_addr, 16);
    return unmapped(out);
}

std::uint16_t port_of(const socket_address& address) noexcept
{
    if (address.family() == AF_INET) return ntohs(copy_as<sockaddr_in>(address).sin_port);
    if (address.family() == AF_INET6) return ntohs(copy_as<sockaddr_in6>(address).sin6_port);
    return 0;
}

std::string to_string(const socket_address& address)
{
    const auto ip = ip_of(address);
    if (!ip) return "unix";
    const std::string host = conf::to_string(*ip);
    return (ip->is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port_of(address));
}

std::optional<ip_port> ip_port_of(const socket_address& address) noexcept
{
    const auto ip = ip_of(address);
    if (!ip) return std::nullopt;
    return ip_port{*ip, port_of(address)};
}

std::string to_string(const ip_port& address)
{
    return address.port == 0 ? conf::to_string(address.ip)
                             : to_string(to_socket_address(address.ip, address.port));
}

connection_ends ends_of(int fd) noexcept { return {ip_port_of(peer_of(fd)), ip_port_of(local_of(fd))}; }

socket_address peer_of(int fd) noexcept
{
    socket_address out;
    out.size = sizeof out.storage;
    if (::getpeername(fd, out.data(), &out.size) != 0) out.size = 0;
    return out;
}

socket_address local_of(int fd) noexcept
{
    socket_address out;
    out.size = sizeof out.storage;
    if (::getsockname(fd, out.data(), &out.size) != 0) out.size = 0;
    return out;
}

} // namespace fairlead::net
