// What of a request a route may depend on.
//
// Views only: nothing is owned, copied or normalised here. The views and the lookup must live as long as the
// call they are passed to.
// The caller has checked the request: host valid and lower case, target in origin form or "*".
// Source: RFC 9110 4.2.3 (host), RFC 3986 3.3 and 3.4 (path and query).
#pragma once

#include "tls/handshake_facts.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::routing {

// The header fields of one request, in order of arrival.
class header_lookup
{
public:
    virtual ~header_lookup() = default;

    // The value (without surrounding white space) of the first field named `lower_name` whose position is at
    // or after `from`; sets `from` to the position after it. Nothing when there is none. A walk starts with
    // from = 0, so a field that was sent several times gives its values one by one.
    virtual std::optional<std::string_view> next(std::string_view lower_name, std::size_t& from) const = 0;
};

struct request_key
{
    std::string_view
        host; // lower case, without port; one trailing dot is ignored; "" when the request had none
    std::string_view path;  // as received, percent-encoding untouched: "/a/b", or "*"
    std::string_view query; // what follows the first '?', without it
    std::string_view method;
    bool is_websocket = false; // asks for a WebSocket upgrade
    const header_lookup& headers;
    const tls::peer_certificate* certificate = nullptr; // that the client showed and that is good; null: none
};

} // namespace fairlead::routing
