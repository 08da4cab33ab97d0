// One line of a log while it is made, in whatever format: named values, one after the other.
//
// Any bytes are accepted as text; no input can end a line or forge a value. The destructor ends the line.
// Thread: one. Errors: out of memory, it throws; then, or when its end found no room, what is in the string
// is a part of a line.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::log {

class line_builder
{
public:
    line_builder() = default;
    line_builder(const line_builder&) = delete;
    line_builder& operator=(const line_builder&) = delete;
    virtual ~line_builder() = default;

    virtual line_builder& text(std::string_view name, std::string_view value) = 0;
    virtual line_builder& number(std::string_view name, std::uint64_t value) = 0;
    virtual line_builder& seconds(std::string_view name, std::uint64_t microseconds) = 0; // as a fraction
    virtual line_builder& flag(std::string_view name, bool value) = 0;

    line_builder& text_if(std::string_view name, std::string_view value) // nothing when empty
    {
        return value.empty() ? *this : text(name, value);
    }
};

} // namespace fairlead::log
