// The rows of the schema that are about how backends are checked and ejected, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>
#include <cstdint>

namespace fairlead::conf {

inline constexpr std::int64_t second = 1'000; // in the milliseconds of the schema
inline constexpr std::int64_t hour = 3'600 * second;
inline constexpr std::int64_t day = 24 * hour;
inline constexpr std::string_view statuses = "statuses and ranges, from 100 to 599";

// clang-format off
inline constexpr auto health_rows = std::to_array<key_row>({
    {.section = "pool.NAME.health", .name = "kind", .type = value_type::choice,
     .default_text = "\"tcp\"", .choices = "tcp|http|websocket", .example = "\"websocket\""},
    {.section = "pool.NAME.health", .name = "path", .type = value_type::text,
     .choices = "starts with '/'", .example = "\"/healthz\""},
    {.section = "pool.NAME.health", .name = "host", .type = value_type::text,
     .choices = "NAME[:PORT] or an IP address", .example = "\"app.example.com\""},
    {.section = "pool.NAME.health", .name = "headers", .type = value_type::table, .choices = "NAME = text",
     .example = "{ Origin = \"https://app.example.com\" }"},
    {.section = "pool.NAME.health", .name = "subprotocol", .type = value_type::text,
     .choices = "a token", .example = "\"chat.v2\""},
    {.section = "pool.NAME.health", .name = "port", .type = value_type::integer, .least = 1,
     .most = 65'535, .example = "9900"},
    {.section = "pool.NAME.health", .name = "expect_status", .type = value_type::text,
     .default_text = "\"200-399\"", .choices = statuses, .example = "\"200-299, 404\""},
    {.section = "pool.NAME.health", .name = "expect_body", .type = value_type::text,
     .choices = "text, or { regex = \"...\" }", .example = "\"ok\""},
    {.section = "pool.NAME.health", .name = "every", .type = value_type::time,
     .default_text = "\"5s\"", .least = 100, .most = hour, .example = "\"2s\""},
    {.section = "pool.NAME.health", .name = "timeout", .type = value_type::time,
     .default_text = "\"2s\"", .least = 10, .most = hour, .example = "\"1s\""},
    {.section = "pool.NAME.health", .name = "rise", .type = value_type::integer, .default_text = "2",
     .least = 1, .most = 100, .example = "3"},
    {.section = "pool.NAME.health", .name = "fall", .type = value_type::integer, .default_text = "3",
     .least = 1, .most = 100, .example = "2"},
    {.section = "pool.NAME.health.expect_body", .name = "regex", .type = value_type::text,
     .choices = "an RE2 regex", .required = true, .example = "\"status: *(ok|warn)\""},

    {.section = "pool.NAME.eject", .name = "failures", .type = value_type::integer, .default_text = "5",
     .least = 1, .most = 1'000, .example = "10"},
    {.section = "pool.NAME.eject", .name = "share", .type = value_type::text,
     .default_text = "\"20%\"", .choices = "0% to 100%", .example = "\"50%\""},
    {.section = "pool.NAME.eject", .name = "window", .type = value_type::time,
     .default_text = "\"10s\"", .least = 100, .most = hour, .example = "\"30s\""},
    {.section = "pool.NAME.eject", .name = "statuses", .type = value_type::text,
     .default_text = "\"502-504\"", .choices = statuses, .example = "\"500-599\""},
    {.section = "pool.NAME.eject", .name = "backoff", .type = value_type::time,
     .default_text = "\"10s\"", .least = 100, .most = hour, .example = "\"30s\""},
    {.section = "pool.NAME.eject", .name = "max_backoff", .type = value_type::time,
     .default_text = "\"5m\"", .least = 100, .most = day, .example = "\"10m\""},
    {.section = "pool.NAME.eject", .name = "max_ejected", .type = value_type::text,
     .default_text = "\"50%\"", .choices = "0% to 100%", .example = "\"30%\""},
    {.section = "pool.NAME.eject", .name = "slow_factor", .type = value_type::integer,
     .default_text = "0", .least = 2, .most = 100, .zero = true, .example = "3"},
    {.section = "pool.NAME.eject", .name = "slow_least", .type = value_type::time,
     .default_text = "\"100ms\"", .least = 1, .most = hour, .example = "\"20ms\""},
    {.section = "pool.NAME.eject", .name = "slow_answers", .type = value_type::integer,
     .default_text = "20", .least = 5, .most = 10'000, .example = "50"},
});
// clang-format on

} // namespace fairlead::conf
