// The lines of one tunnel: when it opens, now and then while it is open, and when it has ended.
//
// Fields are documented in docs/operations.md. Reads the tunnel and keeps nothing. Thread: the worker's.
// Errors: as of line_builder.
#pragma once

#include "conf/log_fields.hpp"
#include "proxy/log/access_record.hpp"
#include "proxy/log/line_builder.hpp"
#include "proxy/websocket/tunnel.hpp"

#include <chrono>
#include <span>
#include <string_view>

namespace fairlead::log {

struct opening_line
{
    std::string_view time;
    const websocket::tunnel_origin& origin;
    const websocket::tunnel_texts::parts& texts;
    const tunnel_opening& how;
};

struct life_line
{
    std::string_view time;
    conf::log_event event = conf::log_event::tunnel_closed; // or tunnel_progress
    const websocket::tunnel& of;
    std::chrono::microseconds lifetime{0};
    std::chrono::milliseconds idle{0}; // since the last data
};

void put(line_builder& line, std::span<const conf::chosen_log_field> fields, const opening_line& from);
void put(line_builder& line, std::span<const conf::chosen_log_field> fields, const life_line& from);

} // namespace fairlead::log
