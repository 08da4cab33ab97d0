// Which peers are believed, and the client that a believed peer's X-Forwarded-For names.
//
// A proxy appends to X-Forwarded-For the address that dialled it, so the list is only as true as its right
// end: it is read from there, and the first address that is not itself a trusted proxy's is the client.
// What stands left of it the client may have made up. Nothing is refused: an entry that is no address ends
// the reading. Pure functions. Thread: any. Bounds: max_forwarded_entries.
#pragma once

#include "conf/model.hpp"
#include "proxy/http/head.hpp"
#include "proxy/net/address.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {

constexpr std::size_t max_forwarded_entries = 32;

// Whether the list holds this peer; no address is a Unix socket's.
bool holds(const conf::peer_list& list, const std::optional<net::ip_port>& peer);

// The client of a request that came from a trusted peer: the last address that is not trusted, or the first
// one of all when they are. Nothing when X-Forwarded-For ends with no address: then the peer is the client.
std::optional<net::ip_port> forwarded_client(const head& request, const conf::peer_list& trusted);

// "192.0.2.1", "192.0.2.1:5000", "2001:db8::1", "[2001:db8::1]" and "[2001:db8::1]:5000".
std::optional<net::ip_port> parse_forwarded_address(std::string_view text);

} // namespace fairlead::http
