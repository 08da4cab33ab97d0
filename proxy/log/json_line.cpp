#include "proxy/log/json_line.hpp"

#include "proxy/log/number_text.hpp"

#include <new>

namespace fairlead::log {
namespace {

void append_escaped(std::string& out, std::string_view value)
{
    constexpr char digits[] = "0123456789abcdef";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
}

} // namespace

json_line::~json_line()
{
    try {
        out_ += "}\n";
    } catch (const std::bad_alloc&) {
        // Whoever owns the string sees that the end is missing.
    }
}

void json_line::begin(std::string_view name)
{
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
}

line_builder& json_line::text(std::string_view name, std::string_view value)
{
    begin(name);
    out_ += '"';
    append_escaped(out_, value);
    out_ += '"';
    return *this;
}

line_builder& json_line::number(std::string_view name, std::uint64_t value)
{
    begin(name);
    append_number(out_, value);
    return *this;
}

line_builder& json_line::seconds(std::string_view name, std::uint64_t microseconds)
{
    begin(name);
    append_seconds(out_, microseconds);
    return *this;
}

line_builder& json_line::flag(std::string_view name, bool value)
{
    begin(name);
    out_ += value ? "true" : "false";
    return *this;
}

} // namespace fairlead::log
