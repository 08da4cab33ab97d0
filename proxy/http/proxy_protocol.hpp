// The PROXY protocol: the header in front of a connection's first byte by which one proxy tells the next who
// the client is. Reads and writes versions 1 (a line of text) and 2 (binary).
//
// No I/O. The reader is called with all bytes since the connection's start, again and longer each time,
// until it says something else than need_more; it never looks behind the header's end. It is strict: what
// is not a header from its first byte on is refused, nothing is guessed. Addresses are taken for TCP over
// IPv4 and IPv6; an IPv4 address inside IPv6 (RFC 4291 2.5.5.2) comes out as IPv4. LOCAL, UNKNOWN, UDP and
// Unix sockets leave the connection its own addresses. Extensions of version 2 (TLVs) must be well formed
// and are passed over, but for the checksum, which must be right. Bounds: 107 bytes for version 1,
// max_proxy_header_bytes for version 2. Thread: any. Source: HAProxy's proxy-protocol.txt, 2.1, 2.2 and
// 2.2.3.
#pragma once

#include "proxy/http/head_parser.hpp"
#include "conf/model.hpp"
#include "proxy/net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

constexpr std::size_t max_proxy_header_bytes = 4096;

enum class proxy_header_fault : std::uint8_t
{
    none,
    missing,   // it does not begin as one
    malformed, // it begins as one
    too_long,
    bad_checksum
};

// Static text for a log.
std::string_view reason_of(proxy_header_fault fault);

struct proxy_header
{
    unsigned version = 0;                     // 1 or 2
    std::optional<net::connection_ends> ends; // nothing: those of the connection itself
};

struct proxy_header_result
{
    parse_status status = parse_status::need_more;
    std::size_t consumed = 0;                            // when done
    proxy_header_fault fault = proxy_header_fault::none; // when bad
    proxy_header header;                                 // when done
};

proxy_header_result parse_proxy_header(std::string_view bytes);

// The header for a client's connection with these ends. A client without an address is told as UNKNOWN or
// LOCAL; for a local end without one, the unspecified address is told. When the families differ, both go as
// IPv6, the IPv4 one inside it.
void append_proxy_header_v1(std::string& out, const net::connection_ends& ends);
void append_proxy_header_v2(std::string& out, const net::connection_ends& ends);

// The one that a pool says, or none.
void append_proxy_header(std::string& out, conf::proxy_protocol which, const net::connection_ends& ends);

// CRC-32C (RFC 3720 12.1, appendix B.4) of bytes, continued from `before`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

} // namespace fairlead::http
