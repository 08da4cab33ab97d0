// Socket addresses: between the configuration's values, the kernel's sockaddr and text.
//
// Values without I/O. Thread: any.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <sys/socket.h>

namespace fairlead::net {

// A sockaddr of any family with its length.
struct socket_address
{
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const noexcept { return storage.ss_family; }
    const sockaddr* data() const noexcept;
    sockaddr* data() noexcept;
};

socket_address to_socket_address(const conf::ip_address& ip, std::uint16_t port) noexcept;

// Nothing when the path is longer than sun_path takes (107 bytes).
std::optional<socket_address> to_socket_address(const std::string& unix_path) noexcept;

// The IP part; nothing for a Unix socket. An IPv4 address inside IPv6 (RFC 4291 2.5.5.2) comes out as IPv4.
std::optional<conf::ip_address> ip_of(const socket_address& address) noexcept;
std::uint16_t port_of(const socket_address& address) noexcept;

// "10.0.0.1:80", "[fd00::1]:80", "unix".
std::string to_string(const socket_address& address);

// Of a connected descriptor; a zero size when the kernel does not say.
socket_address peer_of(int fd) noexcept;
socket_address local_of(int fd) noexcept;

} // namespace fairlead::net
