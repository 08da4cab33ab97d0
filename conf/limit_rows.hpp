// The rows of the schema that bound what backends are given, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>
#include <cstdint>

namespace fairlead::conf {

// clang-format off
inline constexpr auto limit_rows = std::to_array<key_row>({
    {.section = "pool.NAME", .name = "max_connections", .type = value_type::integer, .default_text = "0",
     .least = 1, .most = 100'000'000, .zero = true, .example = "200"},
    {.section = "pool.NAME", .name = "queue", .type = value_type::table,
     .example = "{ length = 500, timeout = \"2s\" }"},
    {.section = "pool.NAME", .name = "max_pending", .type = value_type::integer, .default_text = "0",
     .least = 1, .most = 1'000'000, .zero = true, .example = "64"},

    {.section = "pool.NAME.queue", .name = "length", .type = value_type::integer, .default_text = "100",
     .least = 1, .most = 1'000'000, .example = "500"},
    {.section = "pool.NAME.queue", .name = "timeout", .type = value_type::time, .default_text = "\"5s\"",
     .least = 1, .most = 3'600'000, .example = "\"2s\""},

    {.section = "pool.NAME.backends", .name = "max_connections", .type = value_type::integer, .least = 1,
     .most = 100'000'000, .zero = true, .example = "50"},
});
// clang-format on

} // namespace fairlead::conf
