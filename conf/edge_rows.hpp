// The rows of the schema that are about what a route does itself, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

inline constexpr std::string_view peers = "addresses, CIDRs or unix, 256 at most";
inline constexpr std::string_view message_rates = "N/s or N/min";

// clang-format off
inline constexpr auto edge_rows = std::to_array<key_row>({
    {.section = "route", .name = "redirect", .type = value_type::text, .choices = "a location",
     .example = "\"https://{host}{uri}\""},
    {.section = "route", .name = "redirect_status", .type = value_type::integer, .default_text = "308",
     .least = 301, .most = 308, .example = "302"},
    {.section = "route", .name = "respond", .type = value_type::table,
     .example = "{ status = 410, body = \"gone\" }"},
    {.section = "route", .name = "allow", .type = value_type::text_list, .choices = peers,
     .example = "[\"10.0.0.0/8\"]"},
    {.section = "route", .name = "deny", .type = value_type::text_list, .choices = peers,
     .example = "[\"192.0.2.0/24\"]"},
    {.section = "route", .name = "request_rate", .type = value_type::table,
     .example = "{ limit = \"20/s\", burst = 40 }"},
    {.section = "route", .name = "response_headers", .type = value_type::table, .choices = "NAME = text",
     .example = "{ X-Frame-Options = \"DENY\", Server = \"\" }"},
    {.section = "route.respond", .name = "status", .type = value_type::integer, .default_text = "200",
     .least = 200, .most = 599, .example = "410"},
    {.section = "route.respond", .name = "body", .type = value_type::text, .choices = "text, up to 64 KiB",
     .example = "\"gone\""},
    {.section = "route.respond", .name = "type", .type = value_type::text,
     .default_text = "\"text/plain; charset=utf-8\"", .choices = "a media type",
     .example = "\"application/json\""},

    {.section = "route.request_rate", .name = "limit", .type = value_type::text, .choices = message_rates,
     .required = true, .example = "\"20/s\""},
    {.section = "route.request_rate", .name = "burst", .type = value_type::integer, .least = 1,
     .most = 1'000'000, .example = "40"},
    {.section = "route.request_rate", .name = "by", .type = value_type::choice,
     .default_text = "\"client\"", .choices = "client|header|cookie", .example = "\"header\""},
    {.section = "route.request_rate", .name = "name", .type = value_type::text, .choices = "a token",
     .example = "\"X-Api-Key\""},
});
// clang-format on

} // namespace fairlead::conf
