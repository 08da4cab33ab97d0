// The opening handshake as a proxy sees it: what the client offers, and whether the backend's 101 answers it.
//
// Nothing is negotiated here. The offer goes to the backend as it is, or less of it where the route says
// so; the 101 must accept exactly that key and only what was offered. Views point into the request head's
// bytes and must be used before these go. Thread: any. RFC 6455 4.1, 4.2, 9.1; RFC 7692 7.1.
#pragma once

#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::websocket {

struct client_offer
{
    std::string_view key;                       // Sec-WebSocket-Key: base64 of 16 bytes
    std::vector<std::string_view> subprotocols; // in order of preference; at most 64
    std::vector<std::string_view> extensions;   // names, parameters left out; at most 64
};

// 426 with Sec-WebSocket-Version for another version than 13, else 400 (RFC 6455 4.2.1, 4.4).
using offer_verdict = boost::system::result<client_offer, http::refusal>;
offer_verdict check_request(const http::head& request, const http::request_facts& facts);

// The fields that offer what is left, where a route lets only a part of an offer pass.
struct narrowed_offer
{
    bool is_narrowed = false; // else the client's own fields go on
    std::string subprotocols; // values of the two fields; empty: none
    std::string extensions;
};

// Takes out of `offer` the subprotocols that are not `allowed` (empty: all are) and, with `strips_deflate`,
// permessage-deflate.
narrowed_offer narrow(client_offer& offer, const http::head& request, std::span<const std::string> allowed,
                      bool strips_deflate);

// A new Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 4.1, item 7).
std::array<char, 24> random_key();

// The value of Sec-WebSocket-Accept for a key (RFC 6455 4.2.2, item 5.4): 28 characters.
std::array<char, 28> accept_key(std::string_view key);

struct agreement
{
    // What the agreed extensions may set in a frame's first byte: RSV1 is 4, RSV2 2, RSV3 1.
    std::uint8_t reserved_bits() const noexcept
    {
        return static_cast<std::uint8_t>(other_extension ? 7 : permessage_deflate ? 4 : 0);
    }

    std::string_view subprotocol;    // of the offer's views; empty: none
    bool permessage_deflate = false; // RSV1 means compressed (RFC 7692 6)
    bool other_extension =
        false; // an extension was agreed that we do not know: reserved bits are its business
};

enum class handshake_fault : std::uint8_t
{
    not_switching,
    bad_upgrade,
    bad_connection,
    bad_accept,
    bad_subprotocol,
    bad_extension,
    has_body_fields,
};

std::string_view reason_of(handshake_fault fault); // static text for the log

using agreement_verdict = boost::system::result<agreement, handshake_fault>;
agreement_verdict check_response(const http::head& response, const client_offer& offer);

} // namespace fairlead::websocket
