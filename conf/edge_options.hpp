// What a route does itself, with a backend or instead of one, as checked values. Part of the model: see
// model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::conf {

// Peers that are believed or let in: those with an address in one of the blocks, and those on Unix sockets
// where it says so.
struct peer_list
{
    std::vector<cidr> blocks; // at most 256
    bool unix_sockets = false;

    bool empty() const noexcept { return blocks.empty() && !unix_sockets; }
    bool operator==(const peer_list&) const = default;
};

struct header_value // one pair of set_headers or response_headers
{
    std::string name;
    std::string value; // empty: the header is removed

    bool operator==(const header_value&) const = default;
};

struct respond_options // route.respond
{
    std::uint32_t status = 200; // 200..599, without 204, 205 and 304, which have no body, unless it is empty
    std::string body;
    std::string type = "text/plain; charset=utf-8"; // of the body

    bool operator==(const respond_options&) const = default;
};

enum class rate_key : std::uint8_t
{
    client, // its address; the /64 of an IPv6 one
    header,
    cookie
};

struct request_rate_options // route.request_rate
{
    rate_limit limit; // of each client, header's or cookie's value
    rate_key by = rate_key::client;
    std::string name; // of the header (lower case) or cookie; who has none counts by address

    bool operator==(const request_rate_options&) const = default;
};

struct edge_options // keys of [[route]]
{
    std::string redirect;                // the Location, with {scheme} {host} {uri} {path} {query}; "" none
    std::uint32_t redirect_status = 308; // 301, 302, 303, 307, 308
    std::optional<respond_options> respond;
    peer_list allow; // empty: everybody
    peer_list deny;
    std::optional<request_rate_options> request_rate;
    std::vector<header_value> response_headers;

    // It answers every request itself: there is no pool.
    bool is_final() const noexcept { return !redirect.empty() || respond.has_value(); }
    bool operator==(const edge_options&) const = default;
};

} // namespace fairlead::conf
