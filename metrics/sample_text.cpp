#include "metrics/sample_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace fairlead::metrics {
namespace {

constexpr double whole_below = 9'007'199'254'740'992; // 2^53: from there on a double has no units

template <class... Arguments>
void append_chars(std::string& out, Arguments... arguments)
{
    std::array<char, 400> text; // the longest fixed double has 325
    const auto end = std::to_chars(text.data(), text.data() + text.size(), arguments...).ptr;
    out.append(text.data(), end);
}

void append_escaped(std::string& out, std::string_view text, bool escapes_quotes)
{
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '\\' && c != '\n' && (c != '"' || !escapes_quotes)) continue;
        out.append(text.substr(written, i - written));
        out.push_back('\\');
        out.push_back(c == '\n' ? 'n' : c);
        written = i + 1;
    }
    out.append(text.substr(written));
}

} // namespace

void append_number(std::string& out, double value)
{
    if (std::isnan(value))
        out.append("NaN");
    else if (std::isinf(value))
        out.append(value > 0 ? "+Inf" : "-Inf");
    else if (std::abs(value) < whole_below && value == std::trunc(value))
        append_chars(out, static_cast<std::int64_t>(value));
    else
        append_chars(out, value);
}

void append_bound(std::string& out, double bound)
{
    if (std::isinf(bound)) {
        append_number(out, bound);
        return;
    }
    append_chars(out, bound, std::chars_format::fixed);
    if (bound == std::trunc(bound)) out.append(".0");
}

void append_label_value(std::string& out, std::string_view value) { append_escaped(out, value, true); }

void append_help(std::string& out, std::string_view help, bool escapes_quotes)
{
    append_escaped(out, help, escapes_quotes);
}

} // namespace fairlead::metrics
