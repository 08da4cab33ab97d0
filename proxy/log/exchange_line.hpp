// The line of one HTTP exchange: the chosen fields that it has, in their order.
//
// Fields are documented in docs/operations.md. Pure. Errors: as of line_builder.
#pragma once

#include "conf/log_fields.hpp"
#include "proxy/log/access_record.hpp"
#include "proxy/log/line_builder.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::log {

struct exchange_line
{
    std::string_view time;
    const exchange_record& what;
    std::uint32_t sample = 1; // the line stands for so many
};

void put(line_builder& line, std::span<const conf::chosen_log_field> fields, const exchange_line& from);

// Values that lines of exchanges and of tunnels' openings have alike.
void put_trace_id(line_builder& line, std::string_view name, std::string_view bytes);
void put_header(line_builder& line, std::string_view name, const routing::header_lookup* headers);
void put_tls(line_builder& line, const conf::chosen_log_field& field, const tls::handshake_facts* tls);
void put_queued(line_builder& line, std::string_view name, std::chrono::microseconds queued);

} // namespace fairlead::log
