#include "proxy/http/cors.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/websocket/origin_check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <vector>

namespace fairlead::http {
namespace {

constexpr std::string_view request_method = "Access-Control-Request-Method";
constexpr std::string_view request_headers = "Access-Control-Request-Headers";

bool is_anything(const std::vector<std::string>& names)
{
    return std::ranges::find(names, "*") != names.end();
}

void append_list(std::string& out, std::string_view field, std::span<const std::string> names)
{
    if (names.empty()) return;
    out.append(field).append(": ");
    for (std::string_view separator; const std::string& each : names) {
        out.append(separator).append(each);
        separator = ", ";
    }
    out.append("\r\n");
}

// What the page asked for, as far as it is a list of tokens: that is repeated, and nothing else.
std::vector<std::string> asked_names(const head& request, std::string_view field)
{
    std::vector<std::string> names;
    std::size_t from = 0;
    while (const auto value = request.find_next(field, from)) {
        list_elements elements(*value);
        while (const auto name = elements.next()) {
            if (is_token(*name)) names.emplace_back(*name);
        }
    }
    return names;
}

// Whether the page's origin may ask at all, and who it is for the answer; empty: it may not.
std::string_view allowed_origin(const conf::cors_options& rules, const head& request,
                                const request_facts& facts)
{
    if (rules.any_origin) return "*";
    const auto origin = request.find("Origin");
    const bool is_allowed = origin && websocket::is_origin_allowed(rules.origins, request, facts.authority);
    return is_allowed ? *origin : std::string_view();
}

void append_origin(std::string& out, const conf::cors_options& rules, std::string_view origin)
{
    out.append("Access-Control-Allow-Origin: ").append(origin).append("\r\n");
    if (rules.credentials) out.append("Access-Control-Allow-Credentials: true\r\n");
}

} // namespace

std::optional<std::string_view> preflight_method(const head& request, const request_facts& facts)
{
    if (facts.method != method_kind::options || facts.is_asterisk || !request.find("Origin"))
        return std::nullopt;
    const auto asked = request.find(request_method);
    return asked && is_token(*asked) ? asked : std::nullopt;
}

void append_preflight_answer(std::string& out, const conf::cors_options& rules, const head& request,
                             const request_facts& facts, const error_options& options)
{
    out.append("HTTP/1.1 204 No Content\r\n");
    const std::string_view origin = allowed_origin(rules, request, facts);
    if (!origin.empty()) {
        append_origin(out, rules, origin);
        append_list(out, "Access-Control-Allow-Methods",
                    is_anything(rules.methods) ? asked_names(request, request_method) : rules.methods);
        append_list(out, "Access-Control-Allow-Headers",
                    is_anything(rules.headers) ? asked_names(request, request_headers) : rules.headers);
        if (rules.max_age) {
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*rules.max_age).count();
            out.append("Access-Control-Max-Age: ").append(std::to_string(seconds)).append("\r\n");
        }
    }
    out.append("Vary: Origin, ").append(request_method).append(", ").append(request_headers).append("\r\n");
    out.append(options.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    out.append(options.hsts_line).append(options.date_line).append("\r\n");
}

std::string cors_lines(const conf::cors_options& rules, const head& request, const request_facts& facts,
                       bool varies_already)
{
    std::string out;
    const std::string_view origin = allowed_origin(rules, request, facts);
    if (!origin.empty()) {
        append_origin(out, rules, origin);
        append_list(out, "Access-Control-Expose-Headers", rules.expose_headers);
    }
    if (!rules.any_origin && !varies_already) out.append("Vary: Origin\r\n");
    return out;
}

bool is_cors_field(std::string_view name)
{
    constexpr std::array<std::string_view, 6> ours{
        "Access-Control-Allow-Origin",  "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",    "Access-Control-Max-Age"};
    return starts_with_ignoring_case(name, "Access-Control-") &&
           std::ranges::any_of(ours, [&](std::string_view each) { return equal_ignoring_case(each, name); });
}

bool varies_by_origin(const head& response)
{
    std::size_t from = 0;
    while (const auto value = response.find_next("Vary", from)) {
        if (list_contains(*value, "Origin") || *value == "*") return true;
    }
    return false;
}

} // namespace fairlead::http
