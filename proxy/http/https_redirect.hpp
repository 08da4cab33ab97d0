// Sends plain HTTP to https, and tells browsers to stay there.
//
// Pure. Thread: any. Source: RFC 9110 15.4.2 and 15.4.9 (a 308 keeps the method), RFC 6797 6.1.
#pragma once

#include "conf/tls_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

// "https://host:port/path?query" for the request's own Host, which passed http_rules; nothing where there is
// none, or the target is no path ("*").
std::optional<std::string> https_location(std::string_view authority, std::string_view target,
                                          std::uint16_t port);

unsigned redirect_status(std::string_view method); // 301 for GET and HEAD, else 308

std::string hsts_line(const conf::hsts_options& options); // Strict-Transport-Security, with CRLF

} // namespace fairlead::http
