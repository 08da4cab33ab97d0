// Builds one line of JSON, member by member, into a string.
//
// Any bytes are accepted: what is not printable ASCII is escaped as \u00XX, so a line is always valid JSON in
// ASCII and no input can end it or forge another. Thread: one. Errors: out of memory, it throws; then, or
// when its end found no room, what is in the string is a part of a line. Source: RFC 8259 7.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::log {

class json_line
{
public:
    explicit json_line(std::string& out)
        : out_(out)
    {
        out_ += '{';
    }
    json_line(const json_line&) = delete;
    json_line& operator=(const json_line&) = delete;
    ~json_line();

    json_line& text(std::string_view name, std::string_view value);
    json_line& text_if(std::string_view name, std::string_view value); // nothing when empty
    json_line& number(std::string_view name, std::uint64_t value);
    json_line& seconds(std::string_view name, std::uint64_t microseconds); // as a decimal fraction
    json_line& flag(std::string_view name, bool value);

private:
    void begin(std::string_view name);

    std::string& out_;
    bool is_first_ = true;
};

} // namespace fairlead::log
