#include "proxy/http/request.hpp"

#include "proxy/http/cors.hpp"
#include "proxy/http/error_page.hpp"
#include "proxy/http/field_syntax.hpp"

#include <algorithm>

namespace fairlead::http {

std::span<const conf::header_value> request::set_headers() const noexcept
{
    return known_fields.empty() ? std::span(route->options().set_headers) : std::span(known_fields);
}

void request::add_known(std::vector<conf::header_value> known)
{
    const auto earlier = set_headers();
    for (const auto& each : earlier) {
        const auto has_name = [&](const auto& other) { return equal_ignoring_case(other.name, each.name); };
        if (std::ranges::none_of(known, has_name)) known.push_back(each);
    }
    known_fields = std::move(known);
}

std::string request::cors_lines(const head* answer) const
{
    if (route == nullptr || !route->options().edge.cors) return {};
    return http::cors_lines(*route->options().edge.cors, fields, facts,
                            answer != nullptr && varies_by_origin(*answer));
}

const conf::error_page* request::page_for(unsigned error) const
{
    const conf::error_page_options* const own =
        route != nullptr ? &route->options().edge.error_pages : nullptr;
    return find_page(error, own, service->shared->config.error_pages);
}

} // namespace fairlead::http
