#include "proxy/server/admin_parameters.hpp"

#include "proxy/routing/query_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace fairlead::server {

admin_parameters::admin_parameters(std::string_view query, std::initializer_list<std::string_view> known)
    : query_(query)
{
    for (std::string_view rest = query; !rest.empty();) {
        const std::string_view piece = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
        const std::string_view name = piece.substr(0, piece.find('='));
        if (!piece.empty() && std::ranges::find(known, name) == known.end())
            fail("there is no parameter '" + std::string(name) + "' here");
    }
}

std::optional<std::string> admin_parameters::text(std::string_view name)
{
    routing::query_parameters all(query_);
    const auto first = all.next(name);
    if (!first) return std::nullopt;
    std::string value(*first);
    if (all.next(name)) fail(std::string(name) + " is there twice");
    return value;
}

bool admin_parameters::flag(std::string_view name)
{
    const auto value = text(name);
    if (value && *value != "1" && *value != "0") fail(std::string(name) + " is 1 or 0");
    return value == "1";
}

std::optional<std::size_t> admin_parameters::number(std::string_view name, std::size_t least,
                                                    std::size_t most)
{
    const auto value = text(name);
    if (!value) return std::nullopt;
    std::size_t out = 0;
    const char* const end = value->data() + value->size();
    const auto [at, error] = std::from_chars(value->data(), end, out);
    if (error == std::errc() && at == end && out >= least && out <= most) return out;
    fail(std::string(name) + " is a number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

void admin_parameters::fail(std::string problem)
{
    if (problem_.empty()) problem_ = std::move(problem);
}

} // namespace fairlead::server
