#include "proxy/http/compression_rules.hpp"

#include "proxy/http/content_coding.hpp"
#include "proxy/http/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace fairlead::http {
namespace {

using metrics::compression_skip;

constexpr std::array<std::string_view, 4> digests{"Content-MD5", "Digest", "Content-Digest", "Repr-Digest"};

// The answer's first field of that name, as it will go out.
std::optional<std::string_view> sent(const compression_question& of, std::string_view name)
{
    for (const auto& each : of.set_headers) {
        if (!equal_ignoring_case(each.name, name)) continue;
        return each.value.empty() ? std::nullopt : std::optional<std::string_view>(each.value);
    }
    return of.response.find(name);
}

bool lists(const head& message, std::string_view name, std::string_view token)
{
    std::size_t from = 0;
    while (const auto value = message.find_next(name, from)) {
        if (list_contains(*value, token)) return true;
    }
    return false;
}

bool is_type_of(const conf::compression_options& options, std::string_view content_type)
{
    const auto type = without_outer_space(content_type.substr(0, content_type.find(';')));
    const auto fits = [type](std::string_view wanted) {
        if (wanted.ends_with("/*"))
            return starts_with_ignoring_case(type, wanted.substr(0, wanted.size() - 1)) &&
                   !equal_ignoring_case(type, "text/event-stream");
        if (!wanted.starts_with('+')) return equal_ignoring_case(type, wanted);
        return type.size() > wanted.size() &&
               equal_ignoring_case(type.substr(type.size() - wanted.size()), wanted);
    };
    return std::ranges::any_of(options.types, fits);
}

bool must_not_change(const compression_question& of)
{
    if (of.facts.status == 206 || of.response.find("Content-Range")) return true;
    if (lists(of.request, "Cache-Control", "no-transform") ||
        lists(of.response, "Cache-Control", "no-transform"))
        return true;
    if (const auto ours = sent(of, "Cache-Control"); ours && list_contains(*ours, "no-transform"))
        return true;
    return std::ranges::any_of(digests, [&](std::string_view name) {
        return sent(of, name).has_value() || lists(of.response, "Trailer", name);
    });
}

// A strong one of the backend's.
bool has_strong_tag(const compression_question& of)
{
    const auto is_tag = [](const conf::header_value& each) { return equal_ignoring_case(each.name, "ETag"); };
    if (std::ranges::any_of(of.set_headers, is_tag)) return false;
    const auto tag = of.response.find("ETag");
    return tag && tag->starts_with('"');
}

// The client got it compressed before: it has the weak tag of what the backend knows by the strong one.
bool has_weak_form(const compression_question& of)
{
    const std::string weak = "W/" + std::string(of.response.find("ETag").value_or(std::string_view()));
    std::size_t from = 0;
    while (const auto value = of.request.find_next("If-None-Match", from)) {
        list_elements elements(*value);
        while (const auto element = elements.next()) {
            if (*element == weak) return true;
        }
    }
    return false;
}

bool is_small(const conf::compression_options& options, const compression_question& of)
{
    if (of.facts.status < 200 || of.facts.status == 204 || of.facts.status == 205) return true;
    const body_framing& length = of.asked.method == method_kind::head ? of.facts.declared : of.facts.framing;
    if (length.kind == framing_kind::none) return of.asked.method != method_kind::head;
    return length.kind == framing_kind::length && (length.length < options.min_size || length.length == 0);
}

} // namespace

compression_plan plan_compression(const conf::compression_options& options, const compression_question& of)
{
    if (of.facts.status == 304) {
        const bool is_known_weak = has_strong_tag(of) && has_weak_form(of);
        return {compression_skip::small, is_known_weak, is_known_weak};
    }
    const auto type = sent(of, "Content-Type");
    if (!type || !is_type_of(options, *type)) return {.skip = compression_skip::type};
    if (sent(of, "Content-Encoding")) return {.skip = compression_skip::encoded};
    if (must_not_change(of)) return {.skip = compression_skip::forbidden};
    if (is_small(options, of)) return {.skip = compression_skip::small};
    if (of.asked.version_minor == 0 || !wants_gzip(of.request))
        return {.skip = compression_skip::not_accepted, .varies = true};
    return {std::nullopt, true, has_strong_tag(of)};
}

void append_plan_lines(std::string& out, const compression_plan& plan, const compression_question& of)
{
    const auto ours = std::ranges::find_if(
        of.set_headers, [](const auto& each) { return equal_ignoring_case(each.name, "Vary"); });
    const bool is_said =
        ours != of.set_headers.end()
            ? list_contains(ours->value, "Accept-Encoding") || ours->value == "*"
            : lists(of.response, "Vary", "Accept-Encoding") || lists(of.response, "Vary", "*");
    if (plan.varies && !is_said) out.append("Vary: Accept-Encoding\r\n");
    if (plan.weakens) out.append("ETag: W/").append(*of.response.find("ETag")).append("\r\n");
    if (!plan.skip) out.append("Content-Encoding: gzip\r\n");
}

} // namespace fairlead::http
