// The lists of peers that are believed: `proxy_protocol_from` of a listener, `trusted_proxies` of [forward].
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

#include <string_view>

namespace fairlead::conf {

// At most this many blocks in a list: each connection, or request of a trusted peer, looks through it.
inline constexpr std::size_t max_peer_blocks = 256;

// Which entries can be of use where the list stands.
enum class peer_kind : std::uint8_t
{
    any,
    ip,         // of a listener on an IP address
    unix_socket // of a listener on a Unix socket
};

// The list `name`; empty when it is absent. What is wrong is reported and left out.
peer_list read_peers(const table_reader& table, std::string_view name, peer_kind usable = peer_kind::any);

} // namespace fairlead::conf
