// The rows of the schema that are about where a pool's members come from, for known_keys.cpp.
#pragma once

#include "conf/health_rows.hpp"

#include <array>

namespace fairlead::conf {

// clang-format off
inline constexpr auto discover_rows = std::to_array<key_row>({
    {.section = "pool.NAME", .name = "discover", .type = value_type::table,
     .example = "{ dns = \"chat.internal:9000\" }"},
    {.section = "pool.NAME.discover", .name = "file", .type = value_type::text, .choices = "a file in JSON",
     .example = "\"/etc/fairlead/chat.json\""},
    {.section = "pool.NAME.discover", .name = "dns", .type = value_type::text, .choices = "NAME:PORT",
     .example = "\"chat.default.svc.cluster.local:9000\""},
    {.section = "pool.NAME.discover", .name = "srv", .type = value_type::text, .choices = "a DNS name",
     .example = "\"_ws._tcp.chat.example.com\""},
    {.section = "pool.NAME.discover", .name = "resolvers", .type = value_type::text_list,
     .choices = "IP or IP:PORT", .example = "[\"10.96.0.10\", \"127.0.0.1:8600\"]"},
    {.section = "pool.NAME.discover", .name = "timeout", .type = value_type::time,
     .default_text = "\"5s\"", .least = 100, .most = 60 * second, .example = "\"2s\""},
    {.section = "pool.NAME.discover", .name = "min_ttl", .type = value_type::time,
     .default_text = "\"5s\"", .least = second, .most = day, .example = "\"2s\""},
    {.section = "pool.NAME.discover", .name = "max_ttl", .type = value_type::time,
     .default_text = "\"30s\"", .least = second, .most = day, .example = "\"5m\""},
    {.section = "pool.NAME.discover", .name = "max_members", .type = value_type::integer,
     .default_text = "1024", .least = 1, .most = 4'096, .example = "100"},
});
// clang-format on

} // namespace fairlead::conf
