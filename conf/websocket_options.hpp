// What is asked of WebSockets, as checked values. Part of the model: see model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::conf {

enum class ping_sides : std::uint8_t
{
    both,
    client,
    backend
};

// What an Origin header has to be (RFC 6454; RFC 6455 10.2).
struct origin_pattern
{
    enum class kind : std::uint8_t
    {
        exact,     // "https://app.example.com"
        wildcard,  // "https://*.example.com": one label or more before it
        same_host, // the request's own Host
        none       // no Origin header at all: not a browser
    };

    kind how = kind::exact;
    std::string text; // lower case; of a wildcard what follows the '*', after its scheme
    std::string scheme;

    bool operator==(const origin_pattern&) const = default;
};

enum class deflate_handling : std::uint8_t
{
    pass,
    strip
};

// [websocket], and route.websocket over it: what is asked of WebSockets. 0 is never or any number; nothing
// here cuts a healthy WebSocket unless it is set, but for a flood of pings or pongs.
struct websocket_options
{
    duration ping_every{0};        // a side that was silent for so long is pinged
    duration pong_timeout{10'000}; // and dead when it says nothing for so long after
    ping_sides ping = ping_sides::both;
    duration idle_timeout{0};              // without a data frame either way
    duration max_age{0};                   // less up to a tenth by lot
    byte_count max_message = 0;            // from clients, as sent, so compressed when they are
    byte_count max_frame = 0;              // from clients
    rate_limit message_rate;               // from each client
    rate_limit byte_rate;                  // from each client
    rate_limit control_rate{1'000, 1'000}; // of pings and pongs from each client
    duration rate_patience{10'000};        // a client above its rate is delayed for so long, then closed
    duration slow_timeout{0};              // a side that takes no bytes
    bool enforce = false;                  // close for what RFC 6455 forbids
    std::vector<origin_pattern> origins;   // empty: any
    std::vector<std::string> subprotocols; // that clients may offer; empty: any
    deflate_handling permessage_deflate = deflate_handling::pass;

    bool operator==(const websocket_options&) const = default;
};

} // namespace fairlead::conf
