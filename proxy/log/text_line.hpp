// Builds one line of text for people, field by field, into a string: "12:00 name=value other=\"two words\"".
//
// Time and event stand without their names. A value with anything but printable ASCII, or with a space, a
// quote, a backslash or '=' in it, is quoted, and escaped as \xNN. Thread, errors: as of line_builder.
#pragma once

#include "proxy/log/line_builder.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::log {

// What is not printable ASCII becomes \xNN.
void append_printable(std::string& out, std::string_view text);

class text_line final : public line_builder
{
public:
    explicit text_line(std::string& out)
        : out_(out)
    {}
    ~text_line() override;

    line_builder& text(std::string_view name, std::string_view value) override;
    line_builder& number(std::string_view name, std::uint64_t value) override;
    line_builder& seconds(std::string_view name, std::uint64_t microseconds) override;
    line_builder& flag(std::string_view name, bool value) override;

private:
    void begin(std::string_view name);

    std::string& out_;
    bool is_first_ = true;
};

} // namespace fairlead::log
