// What a route does itself, with a backend or instead of one, as checked values. Part of the model: see
// model.hpp.
#pragma once

#include "conf/access_options.hpp"
#include "conf/compression_options.hpp"
#include "conf/cors_options.hpp"
#include "conf/error_page_options.hpp"
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

struct claim_copy // one pair of copy_claims
{
    std::string claim;
    std::string header;

    bool operator==(const claim_copy&) const = default;
};

// A signed token (JWT) says who may come in.
struct token_options // route.jwt
{
    std::string key_set;                 // the text of a JWK set; empty: `secret` verifies
    std::string secret;                  // for HS256; never shown
    std::string issuer;                  // "" any
    std::vector<std::string> audiences;  // empty: any
    std::string cookie;                  // where the token may stand beside Authorization; "" not there
    std::string query;                   // the same, of a query parameter
    std::vector<claim_copy> copy_claims; // to headers of the request that is forwarded
    duration leeway{30'000};             // between our clock and the issuer's

    bool operator==(const token_options&) const = default;
};

// Who may come in is asked of a service of its own, for each request and each upgrade.
struct auth_request_options // route.auth_request
{
    std::string pool;                      // a [pool.NAME]
    std::string path;                      // of the GET that asks
    std::vector<std::string> copy_headers; // of its answer, set on the request that is forwarded

    bool operator==(const auth_request_options&) const = default;
};

struct edge_options // keys of [[route]]
{
    std::string redirect;                // the Location, with {scheme} {host} {uri} {path} {query}; "" none
    std::uint32_t redirect_status = 308; // 301, 302, 303, 307, 308
    std::optional<respond_options> respond;
    peer_list allow; // empty: everybody
    peer_list deny;
    std::optional<request_rate_options> request_rate;
    std::optional<token_options> jwt;
    std::optional<basic_auth_options> basic_auth;
    std::optional<auth_request_options> auth_request;
    std::vector<header_value> response_headers;
    std::optional<cors_options> cors;
    error_page_options error_pages;                 // before those at the top of the file
    std::optional<compression_options> compression; // absent: answers go as they came

    // Something stands between a request and its backend.
    bool has_gate() const noexcept
    {
        return is_final() || !allow.empty() || !deny.empty() || request_rate || jwt || basic_auth ||
               auth_request || cors;
    }
    // It answers every request itself: there is no pool.
    bool is_final() const noexcept { return !redirect.empty() || respond.has_value(); }
    bool operator==(const edge_options&) const = default;
};

} // namespace fairlead::conf
