// What a request carries that leads it back to the backend it had: a cookie of the proxy's own, or a value.
//
// The first cookie of the name that is valid counts, so that one which a stranger set for a wider path or
// domain (RFC 6265 8.6) leads nobody astray. Reads the request, decides nothing. Thread: any.
#pragma once

#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"
#include "proxy/net/address.hpp"
#include "proxy/upstream/stickiness.hpp"

#include <optional>

namespace fairlead::http {

// `client` as it is to be believed; nothing for a Unix socket, which has no address to hash.
upstream::sticky_wish find_sticky_wish(const upstream::stickiness& rules, const head& fields,
                                       const request_facts& facts, const std::optional<net::ip_port>& client);

} // namespace fairlead::http
