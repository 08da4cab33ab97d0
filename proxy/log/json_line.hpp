// Builds one line of JSON, member by member, into a string.
//
// Any bytes are accepted: what is not printable ASCII is escaped as \u00XX, so a line is always valid JSON in
// ASCII. Thread, errors: as of line_builder. Source: RFC 8259 7.
#pragma once

#include "proxy/log/line_builder.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::log {

class json_line final : public line_builder
{
public:
    explicit json_line(std::string& out)
        : out_(out)
    {
        out_ += '{';
    }
    ~json_line() override;

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
