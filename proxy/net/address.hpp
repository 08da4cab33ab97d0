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

conf::ip_address unmapped(const conf::ip_address& ip) noexcept; // an IPv4 address inside IPv6 as IPv4
conf::ip_address as_v6(const conf::ip_address& ip) noexcept; // an IPv4 address inside IPv6 (RFC 4291 2.5.5.2)

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

// An IP address with its port; as a client of a connection, a port of 0 is one that is not known.
struct ip_port
{
    conf::ip_address ip;
    std::uint16_t port = 0;

    bool operator==(const ip_port&) const = default;
};

std::optional<ip_port> ip_port_of(const socket_address& address) noexcept; // nothing for a Unix socket
std::string
to_string(const ip_port& address); // "10.0.0.1:80", "[fd00::1]:80"; without a port "10.0.0.1", "fd00::1"

// Who is at the two ends of a client's connection, as it is to be believed: what the kernel says, or what a
// trusted peer said with the PROXY protocol or in a request's X-Forwarded-For.
struct connection_ends
{
    std::optional<ip_port> client; // nothing: a Unix socket
    std::optional<ip_port> local;  // the address the client dialled; nothing: a Unix socket

    bool operator==(const connection_ends&) const = default;
};

// As the kernel says.
connection_ends ends_of(int fd) noexcept;

// Of a connected descriptor; a zero size when the kernel does not say.
socket_address peer_of(int fd) noexcept;
socket_address local_of(int fd) noexcept;

} // namespace fairlead::net
