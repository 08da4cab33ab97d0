// The rows of the schema that are about what is sent again, or to two at once, for known_keys.cpp.
#pragma once

#include "conf/health_rows.hpp"
#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

// clang-format off
inline constexpr auto retry_rows = std::to_array<key_row>({
    {.section = "pool.NAME.retry", .name = "on", .type = value_type::text_list,
     .default_text = "[\"reset\"]", .choices = "reset, timeout or statuses from 400 on",
     .example = "[\"reset\", \"timeout\", \"502-504\"]"},
    {.section = "pool.NAME.retry", .name = "attempts", .type = value_type::integer, .default_text = "1",
     .least = 1, .most = 5, .example = "2"},
    {.section = "pool.NAME.retry", .name = "try_timeout", .type = value_type::time, .default_text = "0",
     .least = 1, .most = hour, .zero = true, .example = "\"2s\""},
    {.section = "pool.NAME.retry", .name = "budget", .type = value_type::text,
     .default_text = "\"20%\"", .choices = "1% to 100%", .example = "\"10%\""},
    {.section = "pool.NAME.retry", .name = "non_idempotent", .type = value_type::boolean,
     .default_text = "false", .example = "true"},

    {.section = "pool.NAME", .name = "hedge", .type = value_type::table,
     .example = "{ after = \"p95\", max_share = \"5%\" }"},
    {.section = "pool.NAME.hedge", .name = "after", .type = value_type::text,
     .choices = "1ms to 1h, or p50 to p99.9", .required = true, .example = "\"p95\""},
    {.section = "pool.NAME.hedge", .name = "at_least", .type = value_type::time,
     .default_text = "\"10ms\"", .least = 1, .most = hour, .example = "\"2ms\""},
    {.section = "pool.NAME.hedge", .name = "max_share", .type = value_type::text,
     .default_text = "\"10%\"", .choices = "1% to 100%", .example = "\"5%\""},
    {.section = "pool.NAME.hedge", .name = "idempotent", .type = value_type::boolean,
     .default_text = "false", .example = "true"},
});
// clang-format on

} // namespace fairlead::conf
