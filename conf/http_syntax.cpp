#include "conf/http_syntax.hpp"

#include "conf/values.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace fairlead::conf {

namespace {

// RFC 9112 6 and 7.6, RFC 9110 7.6.1 and 7.8: what the proxy alone decides, on each connection anew.
constexpr std::array<std::string_view, 7> reserved_fields{
    "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive"};
constexpr std::array<std::string_view, 2> reserved_prefixes{"proxy-", "sec-websocket-"};

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

} // namespace

std::string to_lower(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lower;
}

bool is_token(std::string_view text)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return is_alphanumeric(c) || marks.find(c) != marks.npos;
    });
}

bool is_visible_text(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

std::string problem_of_field_value(std::string_view value)
{
    if (std::ranges::any_of(value, [](char c) { return c != '\t' && has_control({&c, 1}); })) {
        return "a header value cannot hold control characters (RFC 9110 5.5)";
    }
    if (!value.empty() && (is_blank(value.front()) || is_blank(value.back()))) {
        return "a header value cannot start or end with a space (RFC 9110 5.5)";
    }
    return "";
}

bool is_reserved_field(std::string_view name)
{
    const auto lower = to_lower(name);
    return std::ranges::find(reserved_fields, lower) != reserved_fields.end() ||
           std::ranges::any_of(reserved_prefixes, [&](auto prefix) { return lower.starts_with(prefix); });
}

std::string problem_of_host(std::string_view host)
{
    if (host.empty() || host == "*") {
        return "leave the key out to match any host";
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        const auto address = parse_ip_address(host.substr(1, host.size() - 2));
        return address && address->is_v6 ? "" : "is not an IPv6 address in brackets";
    }
    if (parse_ip_address(host)) {
        return host.find(':') == host.npos
                   ? ""
                   : "an IPv6 address stands in brackets in a Host header: \"[" + std::string(host) + "]\"";
    }
    if (host.find(':') != host.npos) {
        return "a host is matched without its port: leave '" + std::string(host.substr(host.find(':'))) +
               "' out";
    }
    const auto name = host.starts_with("*.") ? host.substr(2) : host;
    if (name.find('*') != name.npos) {
        return "'*' stands only at the start, as in \"*.example.com\"";
    }
    if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
        return "an international name is written as it is sent, in its xn-- form";
    }
    const auto address = parse_endpoint(std::string(name) + ":0");
    return address && !name.ends_with('.') ? "" : "is not a host name";
}

std::string problem_of_path(std::string_view path)
{
    if (!path.starts_with('/')) {
        return "has to start with '/'";
    }
    if (path.ends_with("/*")) {
        return "'*' is no wildcard here: a path that ends in '/' matches everything below it";
    }
    if (path.find_first_of("?#") != path.npos) {
        return "a path has no '?' and no '#'; match a query with 'query'";
    }
    if (!is_visible_text(path)) {
        return "spaces, control and non-ASCII characters are written as clients send them, as %20 or %C3%A9";
    }
    for (auto at = path.find('%'); at != path.npos; at = path.find('%', at + 1)) {
        if (at + 2 >= path.size() || !is_hex(path[at + 1]) || !is_hex(path[at + 2])) {
            return "'%' wants two hexadecimal digits behind it";
        }
    }
    return "";
}

std::string problem_of_regex(const std::string& regex)
{
    RE2::Options options;
    options.set_log_errors(false);
    const RE2 compiled(regex, options);
    return compiled.ok() ? "" : "is not a regex: " + compiled.error();
}

} // namespace fairlead::conf
