#include "proxy/http/request_target.hpp"

#include "proxy/http/field_syntax.hpp"

#include <algorithm>

namespace fairlead::http {

namespace {

constexpr std::size_t max_host_length = 255; // of a DNS name, RFC 1035 2.3.4

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_host_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

bool is_port(std::string_view text)
{
    unsigned value = 0;
    for (const char c : text) {
        if (!is_digit(c) || text.size() > 5) return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value <= 65535;
}

bool is_ipv6_literal(std::string_view text) // with brackets
{
    if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
    const auto inside = text.substr(1, text.size() - 2);
    return inside.find(':') != std::string_view::npos &&
           std::all_of(inside.begin(), inside.end(),
                       [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

void split_path_and_query(std::string_view text, request_target& out)
{
    const auto mark = text.find('?');
    out.path = text.substr(0, mark);
    out.has_query = mark != std::string_view::npos;
    if (out.has_query) out.query = text.substr(mark + 1);
}

bool is_encoded(std::string_view text, std::size_t at, char digit1, char digit2) // digits in lower case
{
    return text.size() >= at + 3 && text[at] == '%' && text[at + 1] == digit1 &&
           (text[at + 2] | 0x20) == digit2;
}

// "." or ".." in any spelling; what follows a ";" does not count, since some servers cut it off before they
// resolve dots.
bool is_dot_segment(std::string_view segment)
{
    int dots = 0;
    while (!segment.empty() && segment.front() != ';') {
        if (segment.front() == '.') {
            segment.remove_prefix(1);
        } else if (is_encoded(segment, 0, '2', 'e')) {
            segment.remove_prefix(3);
        } else if (is_encoded(segment, 0, '3', 'b')) {
            break; // an encoded ";"
        } else {
            return false;
        }
        ++dots;
    }
    return dots == 1 || dots == 2;
}

// Bytes C0 and C1 begin overlong forms of ASCII, which no UTF-8 has (RFC 3629 3): "%c0%af" is a "/" to some.
bool is_overlong(std::string_view path, std::size_t at)
{
    const bool begins = path.size() >= at + 6 && (path[at + 1] | 0x20) == 'c' &&
                        (path[at + 2] == '0' || path[at + 2] == '1') && path[at + 3] == '%';
    return begins && std::string_view("89abAB").find(path[at + 4]) != std::string_view::npos;
}

bool has_clear_percent_encoding(std::string_view path)
{
    for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 3)) {
        if (at + 3 > path.size() || !is_hex(path[at + 1]) || !is_hex(path[at + 2])) return false;
        if (is_encoded(path, at, '2', 'f') || is_encoded(path, at, '5', 'c') || path.substr(at, 3) == "%00" ||
            is_overlong(path, at))
        {
            return false;
        }
    }
    return true;
}

} // namespace

std::optional<request_target> read_target(std::string_view target, bool is_options)
{
    if (!is_visible_ascii(target) || target.find('#') != std::string_view::npos) return std::nullopt;
    request_target out;
    if (target == "*") {
        if (!is_options) return std::nullopt;
        out.form = target_form::asterisk;
        out.path = target;
        return out;
    }
    if (target.front() == '/') {
        split_path_and_query(target, out);
        return out;
    }
    const auto is_http = starts_with_ignoring_case(target, "http://");
    if (!is_http && !starts_with_ignoring_case(target, "https://")) return std::nullopt;
    target.remove_prefix(is_http ? 7 : 8);
    const auto end = std::min(target.find_first_of("/?"), target.size());
    out.form = target_form::absolute;
    out.is_https = !is_http;
    out.authority = target.substr(0, end);
    split_path_and_query(target.substr(end), out);
    if (out.path.empty()) out.path = is_options && !out.has_query ? "*" : "/";
    return out;
}

bool is_unambiguous_path(std::string_view path)
{
    if (path.find('\\') != std::string_view::npos || !has_clear_percent_encoding(path)) return false;
    std::size_t start = 0;
    while (start <= path.size()) {
        const auto end = std::min(path.find('/', start), path.size());
        if (is_dot_segment(path.substr(start, end - start))) return false;
        start = end + 1;
    }
    return true;
}

std::optional<std::string_view> read_host(std::string_view authority)
{
    const auto bracket = authority.find(']');
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    auto host = authority.substr(0, colon);
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return std::nullopt;
    if (host.empty() || host.size() > max_host_length) return std::nullopt;
    if (host.front() == '[') {
        if (!is_ipv6_literal(host)) return std::nullopt;
        return host;
    }
    if (!std::all_of(host.begin(), host.end(), is_host_char)) return std::nullopt;
    if (host.front() == '.' || host.find("..") != std::string_view::npos) return std::nullopt;
    if (host.back() == '.') host.remove_suffix(1);
    return host;
}

} // namespace fairlead::http
