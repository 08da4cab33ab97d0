#include "proxy/http/cookie_values.hpp"

#include "proxy/http/field_syntax.hpp"

namespace fairlead::http {

std::optional<std::string_view> cookie_values::next()
{
    for (;;) {
        while (rest_.empty()) {
            const auto field = fields_.find_next("cookie", from_);
            if (!field) return std::nullopt;
            rest_ = *field;
        }
        const std::size_t end = rest_.find(';');
        const std::string_view pair = without_outer_space(rest_.substr(0, end));
        rest_ = end == rest_.npos ? std::string_view() : rest_.substr(end + 1);
        const std::size_t equals = pair.find('=');
        if (equals == pair.npos || without_outer_space(pair.substr(0, equals)) != name_) continue;
        std::string_view value = without_outer_space(pair.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
}

} // namespace fairlead::http
