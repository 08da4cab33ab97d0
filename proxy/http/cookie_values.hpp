// Walks over the values of the cookies of one name (RFC 6265 4.2.1), in all Cookie fields of a request; a
// value in quotes comes without them. Case matters in names. Views are those of the head. Thread: any.
#pragma once

#include "proxy/http/head.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {

class cookie_values
{
public:
    cookie_values(const head& fields, std::string_view name)
        : fields_(fields)
        , name_(name)
    {}

    std::optional<std::string_view> next();

private:
    const head& fields_;
    std::string_view name_;
    std::string_view rest_; // of the current field
    std::size_t from_ = 0;  // where to look for the next
};

} // namespace fairlead::http
