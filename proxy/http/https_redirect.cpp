#include "proxy/http/https_redirect.hpp"

#include <chrono>

namespace fairlead::http {
namespace {

constexpr std::uint16_t default_port = 443; // RFC 9110 4.2.2

std::string_view without_port(std::string_view authority)
{
    const auto colon = authority.rfind(':');
    const auto bracket = authority.rfind(']');
    const bool has_port = colon != authority.npos && (bracket == authority.npos || bracket < colon);
    return has_port ? authority.substr(0, colon) : authority;
}

} // namespace

std::optional<std::string> https_location(const request_facts& asked, std::uint16_t port)
{
    const std::string_view host = without_port(asked.authority);
    if (host.empty() || asked.is_asterisk) return std::nullopt;
    std::string out = "https://" + std::string(host);
    if (port != default_port) out += ":" + std::to_string(port);
    out.append(asked.path);
    if (asked.has_query) out.append("?").append(asked.query);
    return out;
}

unsigned redirect_status(std::string_view method) { return method == "GET" || method == "HEAD" ? 301 : 308; }

std::string hsts_line(const conf::hsts_options& options)
{
    const auto age_s = std::chrono::duration_cast<std::chrono::seconds>(options.max_age).count();
    std::string out = "Strict-Transport-Security: max-age=" + std::to_string(age_s);
    if (options.subdomains) out += "; includeSubDomains";
    if (options.preload) out += "; preload";
    return out + "\r\n";
}

} // namespace fairlead::http
