// The value types of the configuration: what a duration, a size or an address is once it has been read.
//
// Plain values without I/O. An address here is text that was checked, not a socket address: name resolution
// belongs to the proxy.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

using duration = std::chrono::milliseconds; // 0 means never, everywhere
using byte_count = std::uint64_t;           // 0 means no limit, where a key allows it

// An IPv4 or IPv6 address, in network byte order; IPv4 uses the first four bytes.
struct ip_address
{
    std::array<std::uint8_t, 16> bytes{};
    bool is_v6 = false;

    bool operator==(const ip_address&) const = default;
};

// How many units may come in a second, and how many at once. 0 is any number.
struct rate_limit
{
    double per_second = 0;
    std::uint64_t burst = 1;

    bool operator==(const rate_limit&) const = default;
};

// A block of addresses; a single address is a block with the full prefix length (RFC 4632 3.1, RFC 4291 2.3).
struct cidr
{
    ip_address address; // host bits are zero
    std::uint8_t prefix_length = 0;

    bool operator==(const cidr&) const = default;
};

// Where something listens or is dialled: "10.0.0.1:80", "[::1]:80", "app.internal:80" or
// "unix:/run/app.sock". A name is a host name of letters, digits, '-' and '_' (RFC 1123 2.1, and '_' for
// container names), lower-cased; a path is absolute and fits sockaddr_un (107 bytes).
struct endpoint
{
    enum class kind : std::uint8_t
    {
        ip,
        name,
        unix_path
    };

    kind what = kind::ip;
    ip_address ip;          // for kind::ip
    std::string host;       // for kind::name
    std::string path;       // for kind::unix_path
    std::uint16_t port = 0; // for ip and name
    std::string text;       // canonical spelling: the label in logs and metrics

    bool operator==(const endpoint&) const = default;
};

// Readers of one value. Nothing when the text is not exactly one; each accepts the spellings named in its
// comment. A duration's units go from the largest to the smallest, each once; at most 10,000 days. A size is
// at most 2^63 - 1.
std::optional<duration> parse_duration(std::string_view text);     // "250ms" "30s" "5m" "1h" "2d" "1h30m" "0"
std::optional<byte_count> parse_byte_count(std::string_view text); // "512" "16KiB" "1MiB" "1GiB" "10kB" "5MB"
std::optional<double> parse_rate(std::string_view text); // "50/s", "90/min", "1MiB/s"; at most 10^9 a second
std::optional<std::uint32_t> parse_percent(std::string_view text); // "50%"; 0 to 100
std::optional<ip_address>
parse_ip_address(std::string_view text);                       // "10.0.0.1" "fd00::1" (no zone, no brackets)
std::optional<cidr> parse_cidr(std::string_view text);         // an address, or "10.0.0.0/28"; no host bits
std::optional<endpoint> parse_endpoint(std::string_view text); // see endpoint

// One for each port of "10.0.0.1:80-83", "app:80,82" or "[fd00::1]:80", in order; the Unix socket alone.
// Empty when the text is not that, or names more than max_ports_of_backend.
inline constexpr std::uint32_t max_ports_of_backend = 256;
std::vector<endpoint> parse_endpoints(std::string_view text);

std::optional<endpoint>
parse_listen_endpoint(std::string_view text); // no names; ":80" is "[::]:80", both families

std::string to_string(const ip_address& address); // RFC 5952
std::string to_string(const cidr& block);         // without "/32" or "/128"
std::string format_duration(duration value);      // "1h30m", "250ms", "0"; parse_duration() reads it back
std::string format_byte_count(byte_count value);  // "64KiB", "1000", "0"; parse_byte_count() reads it back

ip_address network_of(const ip_address& address, unsigned prefix_length); // host bits set to zero
bool contains(const cidr& block, const ip_address& address);              // never across the families
bool overlaps(const cidr& a, const cidr& b);                              // some address is in both

// The number of addresses in the block; 2^63 stands for everything above it.
std::uint64_t address_count(const cidr& block);

// A header field that is set, by a route for requests or answers or for a check.
struct header_value
{
    std::string name;
    std::string value; // empty: a route removes the field

    bool operator==(const header_value&) const = default;
};

} // namespace fairlead::conf
