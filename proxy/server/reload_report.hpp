// What a reload changes, as its answer says it: the difference by meaning, and how many tunnels it touches.
//
//   leaving   their route or backend is no longer configured: they are told 1012 over drain.window
//   adjusted  they stay, under new limits and times
//
// Counts WebSocket tunnels. At most max_listed changes of a kind are listed, with the number of the others.
// Pure. Thread: any.
#pragma once

#include "conf/config_diff.hpp"
#include "conf/read_config.hpp"
#include "proxy/server/tunnel_census.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <vector>

namespace fairlead::server {

inline constexpr std::size_t max_listed = 500;

struct reload_view
{
    const conf::config& at_start; // what keys that need a restart are compared with
    const conf::config& before;
    const conf::config& after;
    const tunnel_census& tunnels;
};

// Members `changes`, `tunnels_leaving`, `tunnels_adjusted` and `needs_restart`.
boost::json::object describe_reload(const conf::config_diff& diff, const reload_view& of);

boost::json::array describe_errors(const std::vector<conf::config_error>& errors);

} // namespace fairlead::server
