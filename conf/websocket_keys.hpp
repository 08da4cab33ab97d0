// What is asked of WebSockets: [websocket] for every route, and the same keys in a route's `websocket`.
//
// Errors go to the diagnostics of the table; a key that is wrong leaves what was there before.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

#include <optional>
#include <string_view>

namespace fairlead::conf {

// "https://*.example.com:8443" in its parts; nothing when it is none. Of any case.
std::optional<origin_pattern> parse_origin(std::string_view written);

// [websocket]; before the routes are read, which begin with it.
void read_websocket_section(const table_reader& top, config_draft& draft);

// The table `websocket` of `owner`, over what `target` holds.
void read_websocket_keys(const table_reader& owner, websocket_options& target);

} // namespace fairlead::conf
