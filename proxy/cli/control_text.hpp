// What `fairlead drain`, `reload`, `rebalance` and `backends` print of the JSON that the process answers.
// Pure text; a member that is missing is left out, so that an older or newer process can be asked.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace fairlead::cli {

// One line for each change, "+" added, "-" removed, "~" changed, then what it means for tunnels.
std::string reload_text(const boost::json::object& answer);

// Why not: each error with its place and line, or the error alone, with the nearest names.
std::string refusal_text(const boost::json::object& answer);

// "route chat: 1,200 of 5,000 tunnels left, 14 s; 1,250 connections open".
std::string drain_line(const boost::json::object& drain);

// How much of it is done, 0 to 1.
double drain_part(const boost::json::object& drain);

// "pool chat: rebalancing; 1,200 tunnels to close, 30 on their way".
std::string rebalance_line(const boost::json::object& pool);

// A table for each pool.
std::string rebalance_text(const boost::json::object& answer);

// The same of the states of backends; of one pool, or of all when `pool` is empty. Empty when there is none.
std::string changed_backend_text(const boost::json::object& answer);

std::string backends_text(const boost::json::object& answer, std::string_view pool);

} // namespace fairlead::cli
