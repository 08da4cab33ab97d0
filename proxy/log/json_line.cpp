#include "proxy/log/json_line.hpp"

#include <cstdio>
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

json_line& json_line::text(std::string_view name, std::string_view value)
{
    begin(name);
    out_ += '"';
    append_escaped(out_, value);
    out_ += '"';
    return *this;
}

json_line& json_line::text_if(std::string_view name, std::string_view value)
{
    return value.empty() ? *this : text(name, value);
}

json_line& json_line::number(std::string_view name, std::uint64_t value)
{
    begin(name);
    out_ += std::to_string(value);
    return *this;
}

json_line& json_line::seconds(std::string_view name, std::uint64_t microseconds)
{
    begin(name);
    char digits[40];
    const int size = std::snprintf(digits, sizeof digits, "%llu.%06llu",
                                   static_cast<unsigned long long>(microseconds / 1'000'000),
                                   static_cast<unsigned long long>(microseconds % 1'000'000));
    out_.append(digits, static_cast<std::size_t>(size));
    return *this;
}

json_line& json_line::flag(std::string_view name, bool value)
{
    begin(name);
    out_ += value ? "true" : "false";
    return *this;
}

} // namespace fairlead::log
