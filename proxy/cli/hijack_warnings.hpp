// What an operator is told of routes on which any page of the web may open a WebSocket in its visitor's name.
//
// A browser adds cookies, passwords that it knows and client certificates to such an upgrade by itself, and
// lets every page begin one (cross-site WebSocket hijacking). What stands against it is `websocket.origins`.
// Cookies that an application alone knows of are not seen here. Pure. Thread: any.
#pragma once

#include "conf/model.hpp"

#include <string>
#include <vector>

namespace fairlead::cli {

std::vector<std::string> warnings_about_hijacking(const conf::config& config);

} // namespace fairlead::cli
