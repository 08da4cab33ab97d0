// The rows of the schema that are about passwords and compression, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

// clang-format off
inline constexpr auto access_rows = std::to_array<key_row>({
    {.section = "route", .name = "basic_auth", .type = value_type::table,
     .example = "{ file = \"users.htpasswd\" }"},
    {.section = "route", .name = "compression", .type = value_type::flag_or_table, .default_text = "false",
     .example = "{ types = [\"application/json\"], min_size = \"4KiB\" }"},

    {.section = "route.basic_auth", .name = "file", .type = value_type::text, .choices = "a password file",
     .required = true, .example = "\"users.htpasswd\""},
    {.section = "route.basic_auth", .name = "realm", .type = value_type::text,
     .default_text = "\"restricted\"", .choices = "printable ASCII", .example = "\"staging\""},
    {.section = "route.basic_auth", .name = "forward_user", .type = value_type::text,
     .choices = "a header's name", .example = "\"X-User\""},
    {.section = "route.basic_auth", .name = "pass_authorization", .type = value_type::boolean,
     .default_text = "false", .example = "true"},

    {.section = "route.compression", .name = "types", .type = value_type::text_list,
     .default_text = "[\"text/*\", \"application/json\", \"application/javascript\", \"application/xml\", "
                     "\"application/wasm\", \"+json\", \"+xml\"]",
     .choices = "a/b, a/* or +suffix", .example = "[\"text/html\", \"+json\"]"},
    {.section = "route.compression", .name = "min_size", .type = value_type::bytes,
     .default_text = "\"1KiB\"", .least = 1, .most = 1'073'741'824, .zero = true, .example = "\"4KiB\""},
    {.section = "route.compression", .name = "level", .type = value_type::integer, .default_text = "5",
     .least = 1, .most = 9, .example = "1"},
    {.section = "route.compression", .name = "max_active", .type = value_type::integer,
     .default_text = "128", .least = 1, .most = 100'000, .example = "1000"},
});
// clang-format on

} // namespace fairlead::conf
