// What is logged where, and how traces are followed: the options of [log], and of trace contexts.
//
// Plain values; see model.hpp. Names of fields are in log_fields.hpp.
#pragma once

#include "conf/log_fields.hpp"
#include "conf/values.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::conf {

enum class log_level : std::uint8_t
{
    debug,
    info,
    warn,
    error
};
enum class log_format : std::uint8_t
{
    text,
    json
};

struct log_options // [log]
{
    log_level level = log_level::info;
    log_format format = log_format::text;
    std::string target = "stderr"; // of the process's own log: "stderr", "stdout" or a file's path
    std::string access = "stdout"; // "stdout", "stderr", "off" or a file's path
    log_format access_format = log_format::json;
    std::vector<chosen_log_field> access_fields = {}; // in their order; empty: every one that has a value
    bool requests = false;    // also a line for each HTTP exchange, not only for tunnels and errors
    std::uint32_t sample = 1; // of the exchanges that went well one in so many; at least 1
    duration tunnel_every{0}; // a line for each tunnel, while it is open; 0: none

    bool operator==(const log_options&) const = default;
};

// What becomes of a request's trace context (W3C Trace Context).
enum class trace_handling : std::uint8_t
{
    off,    // its fields are like any others
    pass,   // a valid one is passed on, another is removed
    create, // the same, and a request without one begins a trace
    restart // every request begins a trace, but for those of trusted proxies
};

} // namespace fairlead::conf
