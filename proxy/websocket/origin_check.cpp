#include "proxy/websocket/origin_check.hpp"

#include "conf/http_syntax.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace fairlead::websocket {
namespace {

using kind = conf::origin_pattern::kind;

struct split_origin
{
    std::string_view scheme;
    std::string_view authority;
};

std::optional<split_origin> split(std::string_view origin)
{
    const auto at = origin.find("://");
    if (at == origin.npos) return std::nullopt; // "null" and the like
    const auto authority = origin.substr(at + 3);
    // A serialised origin has nothing but a host and port there (RFC 6454 6.2), and another's must not end as
    // one of ours does: "https://evil.test/.example.com".
    if (authority.find_first_of("/\\?#@ \t,") != authority.npos) return std::nullopt;
    return split_origin{origin.substr(0, at), authority};
}

// Browsers leave a scheme's own port out of both fields; others may not.
std::string_view without_default_port(std::string_view authority, std::string_view scheme)
{
    const std::string_view port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
    if (!port.empty() && authority.ends_with(port)) authority.remove_suffix(port.size());
    return authority;
}

bool matches(const conf::origin_pattern& pattern, std::string_view origin, std::string_view authority)
{
    const auto parts = split(origin);
    if (!parts) return false;
    const auto host = without_default_port(parts->authority, parts->scheme);
    switch (pattern.how) {
    case kind::exact: {
        const auto wanted = split(pattern.text);
        return wanted && wanted->scheme == parts->scheme &&
               without_default_port(wanted->authority, parts->scheme) == host;
    }
    case kind::wildcard: {
        const auto end = without_default_port(pattern.text, parts->scheme);
        return pattern.scheme == parts->scheme && host.size() > end.size() && host.ends_with(end);
    }
    case kind::same_host: return !authority.empty() && without_default_port(authority, parts->scheme) == host;
    case kind::none: return false;
    }
    return false;
}

} // namespace

bool is_origin_allowed(std::span<const conf::origin_pattern> patterns, const http::head& request,
                       std::string_view authority)
{
    if (patterns.empty()) return true;
    std::size_t from = 0;
    const auto sent = request.find_next("origin", from);
    if (!sent) return std::ranges::any_of(patterns, [](const auto& each) { return each.how == kind::none; });
    if (request.find_next("origin", from)) return false;
    const std::string origin = conf::to_lower(*sent);
    const std::string host = conf::to_lower(authority);
    return std::ranges::any_of(patterns, [&](const auto& each) { return matches(each, origin, host); });
}

} // namespace fairlead::websocket
