#include "proxy/http/trace_context.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/log/sampling.hpp"

#include <algorithm>

namespace fairlead::http {
namespace {

constexpr std::size_t trace_at = 3;
constexpr std::size_t parent_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::size_t size_of_00 = 55;
constexpr std::string_view parent_field = "traceparent";
constexpr std::string_view state_field = "tracestate";

// Lower case alone (3.2.2: HEXDIGLC); -1: it is none.
int digit_of(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_hex(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char c) { return digit_of(c) >= 0; });
}

bool is_zero(std::string_view text) noexcept { return text.find_first_not_of('0') == text.npos; }

trace_id bytes_of(std::string_view digits) noexcept
{
    trace_id bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(digit_of(digits[2 * i]) << 4 | digit_of(digits[2 * i + 1]));
    return bytes;
}

} // namespace

std::optional<trace_parent> parse_traceparent(std::string_view value) noexcept
{
    if (value.size() < size_of_00) return std::nullopt;
    const std::string_view version = value.substr(0, 2);
    const std::string_view trace = value.substr(trace_at, 32);
    const std::string_view parent = value.substr(parent_at, 16);
    const std::string_view flags = value.substr(flags_at, 2);
    const bool has_dashes =
        value[trace_at - 1] == '-' && value[parent_at - 1] == '-' && value[flags_at - 1] == '-';
    if (!has_dashes || !is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags))
        return std::nullopt;
    if (version == "ff" || is_zero(trace) || is_zero(parent)) return std::nullopt;
    const bool has_more = value.size() > size_of_00;
    if (has_more && (version == "00" || value[size_of_00] != '-')) return std::nullopt;
    return trace_parent{bytes_of(trace), (digit_of(flags[1]) & 1) != 0};
}

bool is_trace_field(std::string_view name) noexcept
{
    return equal_ignoring_case(name, parent_field) || equal_ignoring_case(name, state_field);
}

request_trace::request_trace(const head& fields, conf::trace_handling how, bool is_peer_trusted) noexcept
{
    if (how == conf::trace_handling::off) return;
    const bool begins_anew = how == conf::trace_handling::restart && !is_peer_trusted;
    std::string_view parent;
    std::size_t parents = 0;
    bool has_any = false;
    for (const field each : fields) {
        if (each.id != field_id::other || !is_trace_field(each.name)) continue;
        has_any = true;
        if (!equal_ignoring_case(each.name, parent_field)) continue;
        parent = each.value;
        ++parents;
    }
    // More than one is none: they were not sent by who knows of both (3.2).
    const auto parsed = parents == 1 && !begins_anew ? parse_traceparent(parent) : std::nullopt;
    if (parsed) {
        id_ = parsed->trace;
        has_id_ = true;
        return;
    }
    wants_beginning_ = how != conf::trace_handling::pass;
    replaces_fields_ = has_any || wants_beginning_; // a tracestate goes with its traceparent (4.3)
}

void request_trace::begin(const request_id& trace, const request_id& parent,
                          std::uint32_t sample_one_in) noexcept
{
    const std::string_view digits(trace.data(), trace.size());
    const bool is_sampled = log::is_in_sample(digits, sample_one_in);
    const std::string_view flags = is_sampled ? "-01" : "-00";
    char* at = std::ranges::copy(std::string_view("00-"), text_.data()).out;
    at = std::ranges::copy(trace, at).out;
    *at++ = '-';
    at = std::copy_n(parent.data(), 16, at);
    std::ranges::copy(flags, at);
    id_ = bytes_of(digits);
    has_id_ = has_begun_ = true;
    wants_beginning_ = false;
}

} // namespace fairlead::http
