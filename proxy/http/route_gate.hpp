// Who may come in by a route, before anything else is done for them: by address, then by rate.
//
//   denied, or not among those allowed ──► 403
//   sooner than the rate allows ──► 429, with when to come back
//
// Thread: any; the rates are shared by all workers.
#pragma once

#include "conf/edge_options.hpp"
#include "metrics/labels.hpp"
#include "proxy/http/head.hpp"
#include "proxy/net/address.hpp"
#include "proxy/routing/request_rates.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

struct turned_away
{
    unsigned status = 403;
    metrics::refusal why = metrics::refusal::access;
    std::string_view reason; // static text
    std::string header_lines;
};

// What stands for a client's address in rates: the /64 of an IPv6 one, all Unix sockets together.
std::uint64_t key_of_client(const std::optional<net::ip_port>& client);

// `client` as it is to be believed; nothing for a Unix socket.
std::optional<turned_away> turn_away(const conf::edge_options& route, const head& fields,
                                     const std::optional<net::ip_port>& client, routing::request_rates& rates,
                                     std::chrono::nanoseconds now);

} // namespace fairlead::http
