#include "proxy/http/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace fairlead::http {

namespace {

constexpr std::array<bool, 256> token_table = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] = true;
    for (int c = '0'; c <= '9'; ++c)
        table[c] = true;
    for (int c = 'A'; c <= 'Z'; ++c)
        table[c] = table[c | 0x20] = true;
    return table;
}();

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_space(char c) { return c == ' ' || c == '\t'; }

// The byte behind a quoted string that starts at text[at] == '"', or npos when it does not end (RFC
// 9110 5.6.4).
std::size_t end_of_quoted(std::string_view text, std::size_t at)
{
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"') return at + 1;
        if (text[at] == '\\') ++at;
    }
    return std::string_view::npos;
}

template <class Names>
bool contains(const Names& names, std::string_view name)
{
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view known) { return equal_ignoring_case(known, name); });
}

constexpr std::string_view end_to_end_only[] = {
    "Accept",
    "Authorization",
    "Cache-Control",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Forwarded",
    "Host",
    "Location",
    "Max-Forwards",
    "Origin",
    "Range",
    "Set-Cookie",
    "Trailer",
    "Via",
    "WWW-Authenticate",
    "X-Real-IP",
    "X-Request-Id",
    "Transfer-Encoding",
    "Connection",
};

constexpr std::string_view not_in_trailer[] = {
    "Age",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Type",
    "Content-Range",
    "Content-Length",
    "Cookie",
    "Date",
    "Expect",
    "Expires",
    "Forwarded",
    "Host",
    "HTTP2-Settings",
    "Keep-Alive",
    "Location",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Range",
    "Retry-After",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Upgrade",
    "Vary",
    "Via",
    "Warning",
    "Transfer-Encoding",
    "X-Real-IP",
    "X-Request-Id",
    "WWW-Authenticate",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "If-Modified-Since",
    "If-Unmodified-Since",
};

} // namespace

bool is_token_char(char c) { return token_table[static_cast<unsigned char>(c)]; }

bool is_token(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_visible_ascii(std::string_view text)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string_view without_outer_space(std::string_view text)
{
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::optional<std::string_view> list_elements::next()
{
    while (!rest_.empty()) {
        std::size_t end = 0;
        while (end < rest_.size() && rest_[end] != ',') {
            if (rest_[end] != '"') {
                ++end;
                continue;
            }
            end = end_of_quoted(rest_, end);
            if (end > rest_.size()) {
                malformed_ = true;
                rest_ = {};
                return std::nullopt;
            }
        }
        const auto element = without_outer_space(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (!element.empty()) return element;
    }
    return std::nullopt;
}

std::optional<unsigned> quality_weight(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    unsigned weight = text[0] == '1' ? 1000 : 0;
    if (text.size() == 1) return weight;
    if (text[1] != '.' || text.size() > 5) return std::nullopt;
    unsigned place = 100;
    for (const char digit : text.substr(2)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        weight += static_cast<unsigned>(digit - '0') * place;
        place /= 10;
    }
    return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

bool list_contains(std::string_view value, std::string_view token)
{
    list_elements elements(value);
    while (const auto element = elements.next()) {
        if (equal_ignoring_case(*element, token)) return true;
    }
    return false;
}

parameterised_token read_parameterised_token(std::string_view element)
{
    parameterised_token out;
    auto next_part = [&element](std::string_view stop) {
        const auto part = without_outer_space(element.substr(0, element.find_first_of(stop)));
        element.remove_prefix(std::min(element.find_first_of(stop), element.size()));
        return part;
    };
    out.name = next_part(";");
    out.well_formed = is_token(out.name);
    while (out.well_formed && !element.empty()) {
        element.remove_prefix(1); // ';'
        out.well_formed = is_token(next_part(";="));
        if (element.empty() || element.front() == ';') continue;
        element = without_outer_space(element.substr(1)); // '='
        if (element.starts_with('"')) {
            const auto end = end_of_quoted(element, 0);
            if (end > element.size()) return {out.name, false};
            element = without_outer_space(element.substr(end));
            if (!element.empty() && element.front() != ';') return {out.name, false};
        } else {
            out.well_formed = out.well_formed && is_token(next_part(";"));
        }
    }
    return out;
}

bool is_end_to_end_only(std::string_view field_name)
{
    return contains(end_to_end_only, field_name) || starts_with_ignoring_case(field_name, "X-Forwarded-") ||
           starts_with_ignoring_case(field_name, "Sec-");
}

bool is_trailer_allowed(std::string_view field_name)
{
    return field_name.find('_') == std::string_view::npos && !contains(not_in_trailer, field_name) &&
           !starts_with_ignoring_case(field_name, "Proxy-") &&
           !starts_with_ignoring_case(field_name, "X-Forwarded-") &&
           !starts_with_ignoring_case(field_name, "Sec-");
}

} // namespace fairlead::http
