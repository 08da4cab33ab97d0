// The rows of the schema that are about logs and traces, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

inline constexpr std::string_view log_targets = "stderr, stdout or a file's path with a '/'";
inline constexpr std::string_view access_targets = "stdout, stderr, off or a file's path with a '/'";
inline constexpr std::string_view trace_words = "off|pass|create|restart";

// clang-format off
inline constexpr auto log_rows = std::to_array<key_row>({
    {.section = "", .name = "log", .type = value_type::table, .example = "[log]"},
    {.section = "log", .name = "level", .type = value_type::choice, .default_text = "\"info\"",
     .choices = "debug|info|warn|error", .example = "\"debug\""},
    {.section = "log", .name = "format", .type = value_type::choice, .default_text = "\"text\"",
     .choices = "text|json", .reloads = false, .example = "\"json\""},
    {.section = "log", .name = "target", .type = value_type::text, .default_text = "\"stderr\"",
     .choices = log_targets, .reloads = false, .example = "\"/var/log/fairlead/fairlead.log\""},
    {.section = "log", .name = "access", .type = value_type::text, .default_text = "\"stdout\"",
     .choices = access_targets, .reloads = false, .example = "\"/var/log/fairlead/access.log\""},
    {.section = "log", .name = "access_format", .type = value_type::choice, .default_text = "\"json\"",
     .choices = "text|json", .example = "\"text\""},
    {.section = "log", .name = "access_fields", .type = value_type::text_list, .default_text = "[]",
     .choices = "fields of the log",
     .example = "[\"time\", \"client\", \"status\", \"header:referer\"]"},
    {.section = "log", .name = "requests", .type = value_type::boolean, .default_text = "false",
     .example = "true"},
    {.section = "log", .name = "sample", .type = value_type::integer, .default_text = "1", .least = 1,
     .most = 1'000'000, .example = "100"},
    {.section = "log", .name = "tunnel_every", .type = value_type::time, .default_text = "0",
     .least = 1'000, .most = 86'400'000, .zero = true, .example = "\"5m\""},

    {.section = "forward", .name = "trace_context", .type = value_type::choice, .default_text = "\"pass\"",
     .choices = trace_words, .example = "\"create\""},
    {.section = "forward", .name = "trace_sample", .type = value_type::integer, .default_text = "1",
     .least = 1, .most = 1'000'000, .zero = true, .example = "100"},
    {.section = "listen", .name = "trace_context", .type = value_type::choice, .choices = trace_words,
     .example = "\"restart\""},
    {.section = "route", .name = "log_sample", .type = value_type::integer, .least = 1, .most = 1'000'000,
     .zero = true, .example = "1000"},
});
// clang-format on

} // namespace fairlead::conf
