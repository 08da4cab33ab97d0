// The rows of the schema that are about the admin listener, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

// clang-format off
inline constexpr auto admin_rows = std::to_array<key_row>({
    {.section = "admin", .name = "address", .type = value_type::text,
     .choices = "IP:PORT, :PORT, [IPv6]:PORT or unix:/PATH", .reloads = false,
     .example = "\"127.0.0.1:9900\""},
    {.section = "admin", .name = "socket", .type = value_type::text,
     .default_text = "\"unix:/run/fairlead/admin.sock\"", .choices = "unix:/PATH or off", .reloads = false,
     .example = "\"unix:/run/chat/admin.sock\""},
    {.section = "admin", .name = "socket_mode", .type = value_type::text, .default_text = "\"0600\"",
     .choices = "three octal digits behind a 0", .reloads = false, .example = "\"0660\""},
    {.section = "admin", .name = "token_file", .type = value_type::text, .choices = "a file",
     .reloads = false, .example = "\"admin.token\""},
    {.section = "admin", .name = "read_token_file", .type = value_type::text, .choices = "a file",
     .reloads = false, .example = "\"metrics.token\""},
    {.section = "admin", .name = "anonymous", .type = value_type::choice, .choices = "none|read|change",
     .reloads = false, .example = "\"read\""},
    {.section = "admin", .name = "read_only", .type = value_type::boolean, .default_text = "false",
     .reloads = false, .example = "true"},
    {.section = "admin", .name = "hosts", .type = value_type::text_list, .default_text = "[]",
     .choices = "host names", .reloads = false, .example = "[\"fairlead.internal\"]"},
    {.section = "admin", .name = "tls", .type = value_type::table, .choices = "keys of listen.tls",
     .reloads = false,
     .example = "{ certificates = [{ chain = \"admin.pem\" }], client_ca = \"operators.pem\" }"},
});
// clang-format on

} // namespace fairlead::conf
