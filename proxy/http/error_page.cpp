#include "proxy/http/error_page.hpp"

#include "proxy/http/error_response.hpp"

#include <algorithm>
#include <array>

namespace fairlead::http {
namespace {

bool holds(const conf::status_range& range, unsigned status)
{
    return range.first <= status && status <= range.last;
}

const conf::error_page* find_in(const conf::error_page_options& set, unsigned status)
{
    const auto found = std::ranges::find_if(
        set.pages, [&](const conf::error_page& each) { return holds(each.statuses, status); });
    return found == set.pages.end() ? nullptr : &*found;
}

std::string_view escaped_for_html(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
    }
}

// RFC 8259 7. What is shown is visible ASCII and spaces: see chosen_request_id().
std::string_view escaped_for_json(char c)
{
    if (c == '"') return "\\\"";
    return c == '\\' ? "\\\\" : std::string_view();
}

void append_escaped(std::string& out, std::string_view value, conf::page_kind kind)
{
    for (const char c : value) {
        std::string_view escaped;
        if (kind == conf::page_kind::html) escaped = escaped_for_html(c);
        if (kind == conf::page_kind::json) escaped = escaped_for_json(c);
        if (escaped.empty())
            out.push_back(c);
        else
            out.append(escaped);
    }
}

} // namespace

const conf::error_page* find_page(unsigned status, const conf::error_page_options* of_route,
                                  const conf::error_page_options& of_all)
{
    const conf::error_page* const own = of_route != nullptr ? find_in(*of_route, status) : nullptr;
    return own != nullptr ? own : find_in(of_all, status);
}

bool is_intercepted(unsigned status, const conf::error_page_options& of_route,
                    const conf::error_page_options& of_all)
{
    const auto& ranges = of_route.intercept ? of_route.intercept : of_all.intercept;
    return ranges &&
           std::ranges::any_of(*ranges, [&](const conf::status_range& each) { return holds(each, status); });
}

std::string_view media_type(conf::page_kind kind)
{
    switch (kind) {
    case conf::page_kind::html: return "text/html; charset=utf-8";
    case conf::page_kind::json: return "application/json";
    case conf::page_kind::text: break;
    }
    return "text/plain; charset=utf-8";
}

std::string render(const conf::error_page& page, unsigned status, std::string_view request_id)
{
    struct placeholder
    {
        std::string_view name;
        std::string_view value;
    };
    const std::string number = std::to_string(status);
    const std::array<placeholder, 3> known{
        {{"{status}", number}, {"{reason}", reason_phrase(status)}, {"{request_id}", request_id}}};
    std::string out;
    out.reserve(page.text.size() + request_id.size());
    std::string_view rest = page.text;
    while (!rest.empty()) {
        const auto brace = std::min(rest.find('{'), rest.size());
        out.append(rest.substr(0, brace));
        rest.remove_prefix(brace);
        const auto found =
            std::ranges::find_if(known, [&](const placeholder& each) { return rest.starts_with(each.name); });
        if (found != known.end()) {
            append_escaped(out, found->value, page.kind);
            rest.remove_prefix(found->name.size());
        } else if (!rest.empty()) {
            out.push_back('{');
            rest.remove_prefix(1);
        }
    }
    return out;
}

} // namespace fairlead::http
