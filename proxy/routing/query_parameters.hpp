// Walks over the parameters of a query for the values of one name.
//
// A query is split at '&', each piece at its first '='; a piece without '=' has an empty value. Names and
// values are compared decoded: "%41" is 'A', '+' is a space, a '%' that is not followed by two hex digits
// stands for itself. Case matters.
// Decodes into one buffer of its own, only when there is something to decode. Thread: one.
// Source: WHATWG URL, application/x-www-form-urlencoded parsing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::routing {

class query_parameters
{
public:
    explicit query_parameters(std::string_view query) noexcept
        : rest_(query)
    {}

    // The value of the next parameter with that (decoded) name; nothing when there is no more. The view is
    // good until the next call.
    std::optional<std::string_view> next(std::string_view name);

private:
    std::string_view rest_;
    std::string decoded_;
};

} // namespace fairlead::routing
