#include "proxy/log/text_line.hpp"

#include "proxy/log/number_text.hpp"

#include <algorithm>
#include <new>

namespace fairlead::log {
namespace {

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

bool is_plain(std::string_view value)
{
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        return is_printable(c) && c != ' ' && c != '"' && c != '\\' && c != '=';
    });
}

void append_byte(std::string& out, char c)
{
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

} // namespace

void append_printable(std::string& out, std::string_view text)
{
    for (const char c : text) {
        if (is_printable(c))
            out += c;
        else
            append_byte(out, c);
    }
}

text_line::~text_line()
{
    try {
        out_ += '\n';
    } catch (const std::bad_alloc&) {
        // Whoever owns the string sees that the end is missing.
    }
}

void text_line::begin(std::string_view name)
{
    if (!is_first_) out_ += ' ';
    is_first_ = false;
    if (name != "time" && name != "event") out_.append(name).append("=");
}

line_builder& text_line::text(std::string_view name, std::string_view value)
{
    begin(name);
    if (is_plain(value)) {
        out_ += value;
        return *this;
    }
    out_ += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') out_ += '\\';
        if (is_printable(c))
            out_ += c;
        else
            append_byte(out_, c);
    }
    out_ += '"';
    return *this;
}

line_builder& text_line::number(std::string_view name, std::uint64_t value)
{
    begin(name);
    append_number(out_, value);
    return *this;
}

line_builder& text_line::seconds(std::string_view name, std::uint64_t microseconds)
{
    begin(name);
    append_seconds(out_, microseconds);
    return *this;
}

line_builder& text_line::flag(std::string_view name, bool value)
{
    begin(name);
    out_ += value ? "true" : "false";
    return *this;
}

} // namespace fairlead::log
