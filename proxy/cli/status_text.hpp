// What `fairlead status` prints of GET /status, most urgent first, and the exit code that it comes to. Pure
// text; a member that is missing is left out, so that an older or newer process can be asked.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>

namespace fairlead::cli {

struct status_style
{
    std::size_t most_rows = 10; // of each section; the rest is counted
    bool with_colours = false;
};

// How it is, and the warnings: a line each.
std::string health_text(const boost::json::object& status, status_style style);

// The same, and then routes, pools, backends, sources, drains, rebalancing, reloads and certificates.
std::string status_text(const boost::json::object& status, status_style style);

// 0, not_ready, is_draining or has_warnings of exit_codes.hpp.
int status_code(const boost::json::object& status);

} // namespace fairlead::cli
