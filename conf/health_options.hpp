// How backends are checked and ejected, as plain, checked values: a part of the configuration's model.
//
// The same rules hold as for all of it, see model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::conf {

enum class check_kind : std::uint8_t
{
    tcp,      // a connection is accepted
    http,     // and a GET is answered as expected
    websocket // and an upgrade is answered with a right 101, and a ping with its pong
};

// When an end is checked, and after how many results of a kind in a row it is taken for up or down.
struct check_timing
{
    duration every{5'000};
    duration timeout{2'000}; // of one check; not longer than every
    std::uint32_t rise = 2;
    std::uint32_t fall = 3;

    bool operator==(const check_timing&) const = default;
};

struct status_range // both ends included; first <= last
{
    std::uint16_t first = 200;
    std::uint16_t last = 399;

    bool operator==(const status_range&) const = default;
};

struct body_match
{
    std::string text; // a part of the body, or RE2 for one; empty: any body
    bool is_regex = false;

    bool operator==(const body_match&) const = default;
};

struct health_options // pool.NAME.health
{
    check_kind kind = check_kind::tcp;
    std::string path;       // of http and websocket; with '/' in front
    std::string host;       // of the Host field; empty: the backend's address
    std::uint16_t port = 0; // 0: the backend's own
    std::vector<status_range> expect_status{{}};
    body_match expect_body; // looked for in the first 64 KiB
    check_timing timing;

    bool operator==(const health_options&) const = default;
};

struct eject_options // pool.NAME.eject
{
    std::uint32_t failures = 5;                     // within `window`, which begins with the first of them...
    std::uint32_t share = 20;                       // ...and at least this per cent of what was served since
    duration window{10'000};                        // not 0
    std::vector<status_range> statuses{{502, 504}}; // answers that are failures
    duration backoff{10'000};                       // an ejected backend is left alone this long, doubling...
    duration max_backoff{300'000};                  // ...up to this
    std::uint32_t max_ejected = 50;                 // per cent of the pool that is out at most by an ejection

    bool operator==(const eject_options&) const = default;
};

enum class dead_tunnel_handling : std::uint8_t
{
    keep,
    close
};

} // namespace fairlead::conf
