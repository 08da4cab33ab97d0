#include "proxy/admin/page_table.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::admin {
namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// What is no escape stays as it is.
std::string decode(std::string_view segment)
{
    std::string out;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        const bool is_escape = segment[i] == '%' && i + 2 < segment.size() &&
                               hex_value(segment[i + 1]) >= 0 && hex_value(segment[i + 2]) >= 0;
        if (is_escape) {
            out += static_cast<char>(hex_value(segment[i + 1]) * 16 + hex_value(segment[i + 2]));
            i += 2;
        } else {
            out += segment[i];
        }
    }
    return out;
}

// Up to the next '/', which is taken with it; nothing is left behind the last.
std::string_view next_segment(std::string_view& rest)
{
    const auto slash = rest.find('/', 1);
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(segment.size());
    return segment;
}

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path)
{
    std::vector<std::string> segments;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = next_segment(pattern);
        const std::string_view given = next_segment(path);
        if (wanted == "/*" && given.size() > 1)
            segments.push_back(decode(given.substr(1)));
        else if (wanted != given)
            return std::nullopt;
    }
    return pattern.empty() && path.empty() ? std::optional(std::move(segments)) : std::nullopt;
}

bool is_known_method(const page& of, std::string_view method)
{
    for (std::string_view rest = of.methods; !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find(", "));
        if (name == method) return true;
        rest.remove_prefix(std::min(rest.size(), name.size() + 2));
    }
    return false;
}

} // namespace

page_table::page_table(std::vector<page> pages)
    : pages_(std::move(pages))
{}

std::optional<page_table::found> page_table::find(std::string_view path) const
{
    for (const page& each : pages_) {
        if (auto segments = match(each.path, path)) return found{&each, std::move(*segments)};
    }
    return std::nullopt;
}

std::optional<page_answer> refusal_of(const page& which, const page_request& asked)
{
    if (!is_known_method(which, asked.method)) {
        page_answer refused = error_answer(405, "only " + std::string(which.methods));
        refused.allow = which.methods;
        return refused;
    }
    if (is_read(asked.method)) return std::nullopt;
    if (!asked.has_control_field) return error_answer(403, "a change needs the field X-Fairlead-Control: 1");
    if (asked.has_origin) return error_answer(403, "a page in a browser may not change anything here");
    if (asked.has_body) return error_answer(400, "parameters go into the query; there is no body");
    return std::nullopt;
}

} // namespace fairlead::admin
