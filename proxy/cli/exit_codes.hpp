// What a command's exit code means; docs/operations.md and the manual page have the same table.
#pragma once

#include <array>
#include <string_view>

namespace fairlead::cli {

inline constexpr int wrong_usage = 2;
inline constexpr int not_within = 3;
inline constexpr int not_ready = 4;
inline constexpr int is_draining = 5;
inline constexpr int has_warnings = 6;

struct exit_code
{
    int code;
    std::string_view meaning;
};

inline constexpr std::array<exit_code, 7> exit_codes{{
    {0, "Done, or all is well."},
    {1, "Refused, failed, or not ready; a configuration with errors; a process that could not be asked."},
    {wrong_usage, "A wrong command line."},
    {not_within,
     "plan: what was asked for does not fit. drain --wait, rebalance --wait: it took longer than --timeout. "
     "explain: no route takes the request."},
    {not_ready, "status --check: the process takes no new connections."},
    {is_draining, "status --check: the process drains and will end."},
    {has_warnings, "status --check: the process serves, and has warnings."},
}};

} // namespace fairlead::cli
