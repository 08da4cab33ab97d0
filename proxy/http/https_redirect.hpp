// Sends plain HTTP to https, and tells browsers to stay there.
//
// Pure. Thread: any. Source: RFC 9110 15.4.2 and 15.4.9 (a 308 keeps the method), RFC 6797 6.1.
#pragma once

#include "conf/tls_options.hpp"
#include "proxy/http/http_rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

// "https://host:port/path?query" for what was asked for; nothing where there is no host, or no path ("*").
std::optional<std::string> https_location(const request_facts& asked, std::uint16_t port);

unsigned redirect_status(std::string_view method); // 301 for GET and HEAD, else 308

std::string hsts_line(const conf::hsts_options& options); // Strict-Transport-Security, with CRLF

} // namespace fairlead::http
