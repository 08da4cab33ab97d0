#include "proxy/http/connection_options.hpp"

#include "proxy/http/field_syntax.hpp"

#include <algorithm>

namespace fairlead::http {

bool connection_options::names(std::string_view field_name) const
{
    return std::any_of(named_.begin(), named_.begin() + count_,
                       [&](std::string_view named) { return equal_ignoring_case(named, field_name); });
}

std::optional<connection_options> connection_options::read(const head& message)
{
    connection_options out;
    if (message.count(field_id::connection) == 0) return out;
    for (const field f : message) {
        if (f.id != field_id::connection) continue;
        list_elements options(f.value);
        while (const auto option = options.next()) {
            if (!out.add(*option)) return std::nullopt;
        }
        if (options.malformed()) return std::nullopt;
    }
    return out;
}

bool connection_options::add(std::string_view option)
{
    if (!is_token(option) || is_end_to_end_only(option)) return false;
    if (equal_ignoring_case(option, "close")) {
        close = true;
    } else if (equal_ignoring_case(option, "keep-alive")) {
        keep_alive = true;
    } else if (equal_ignoring_case(option, "upgrade")) {
        upgrade = true;
    } else if (!equal_ignoring_case(option, "TE") && !equal_ignoring_case(option, "HTTP2-Settings") &&
               !names(option))
    {
        if (count_ == max_named) return false;
        named_[count_++] = option;
    }
    return true;
}

} // namespace fairlead::http
