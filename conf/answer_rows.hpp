// The rows of the schema that are about what becomes of answers on their way to clients, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

inline constexpr std::string_view error_page_files = "STATUS, 4xx, 5xx or default = a file";
inline constexpr std::string_view page_origins =
    "SCHEME://HOST[:PORT], SCHEME://*.HOST[:PORT], same-host or *";

// clang-format off
inline constexpr auto answer_rows = std::to_array<key_row>({
    {.section = "", .name = "error_pages", .type = value_type::table, .choices = error_page_files,
     .example = "[error_pages]"},
    {.section = "error_pages", .name = "intercept", .type = value_type::text_list,
     .choices = "statuses and ranges, from 400 to 599", .example = "\"404, 500-599\""},

    {.section = "route", .name = "error_pages", .type = value_type::table, .choices = error_page_files,
     .example = "{ 503 = \"busy.html\", 5xx = \"broken.html\" }"},
    {.section = "route", .name = "cors", .type = value_type::table,
     .example = "{ origins = [\"https://app.example.com\"], credentials = true }"},
    {.section = "route", .name = "rewrite_location", .type = value_type::boolean, .default_text = "false",
     .example = "true"},
    {.section = "route", .name = "rewrite_cookie_path", .type = value_type::boolean,
     .default_text = "false", .example = "true"},

    {.section = "route.cors", .name = "origins", .type = value_type::text_list, .choices = page_origins,
     .required = true, .example = "[\"https://app.example.com\", \"https://*.example.com\"]"},
    {.section = "route.cors", .name = "methods", .type = value_type::text_list,
     .default_text = "[\"GET\", \"HEAD\", \"POST\"]", .choices = "tokens, or *",
     .example = "[\"GET\", \"PUT\", \"DELETE\"]"},
    {.section = "route.cors", .name = "headers", .type = value_type::text_list, .choices = "tokens, or *",
     .example = "[\"Authorization\", \"Content-Type\"]"},
    {.section = "route.cors", .name = "expose_headers", .type = value_type::text_list,
     .choices = "tokens, or *", .example = "[\"X-Request-Id\", \"Link\"]"},
    {.section = "route.cors", .name = "credentials", .type = value_type::boolean, .default_text = "false",
     .example = "true"},
    {.section = "route.cors", .name = "max_age", .type = value_type::time, .least = 1'000,
     .most = 86'400'000, .zero = true, .example = "\"10m\""},
});
// clang-format on

} // namespace fairlead::conf
