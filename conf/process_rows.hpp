// The rows of the schema that are about the process itself, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

// clang-format off
inline constexpr auto privilege_rows = std::to_array<key_row>({
    {.section = "", .name = "process", .type = value_type::table, .reloads = false, .example = "[process]"},
    {.section = "process", .name = "user", .type = value_type::text,
     .choices = "a user's name or number, not root", .reloads = false, .example = "\"fairlead\""},
    {.section = "process", .name = "group", .type = value_type::text,
     .choices = "a group's name or number", .reloads = false, .example = "\"ssl-cert\""},
    {.section = "process", .name = "seccomp", .type = value_type::choice, .default_text = "\"off\"",
     .choices = "off|log|enforce", .reloads = false, .example = "\"enforce\""},
});
// clang-format on

} // namespace fairlead::conf
