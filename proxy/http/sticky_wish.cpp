#include "proxy/http/sticky_wish.hpp"

#include "proxy/http/cookie_values.hpp"
#include "proxy/routing/query_parameters.hpp"

#include <span>

namespace fairlead::http {
namespace {

std::uint32_t hash_of(const std::optional<std::string_view>& value) noexcept
{
    return value && !value->empty() ? upstream::hash_of_value(*value) : 0;
}

// The /64 of an IPv6 address is what one subscriber has.
std::uint32_t hash_of_client(const std::optional<net::ip_port>& client) noexcept
{
    if (!client) return 0;
    const conf::ip_address ip = net::unmapped(client->ip);
    return upstream::hash_of_value(std::span(ip.bytes).first(ip.is_v6 ? 8 : 4));
}

upstream::sticky_wish by_cookie(const upstream::stickiness& rules, const head& fields)
{
    cookie_values values(fields, rules.options().name);
    while (const auto value = values.next()) {
        if (const auto position = rules.find(*value)) return {position, 0};
    }
    return {};
}

} // namespace

upstream::sticky_wish find_sticky_wish(const upstream::stickiness& rules, const head& fields,
                                       const request_facts& facts, const std::optional<net::ip_port>& client)
{
    const std::string& name = rules.options().name;
    switch (rules.options().by) {
    case conf::sticky_key::cookie: return by_cookie(rules, fields);
    case conf::sticky_key::app_cookie: return {{}, hash_of(cookie_values(fields, name).next())};
    case conf::sticky_key::header: return {{}, hash_of(fields.find(name))};
    case conf::sticky_key::query: return {{}, hash_of(routing::query_parameters(facts.query).next(name))};
    case conf::sticky_key::path: return {{}, hash_of(facts.path)};
    case conf::sticky_key::client: return {{}, hash_of_client(client)};
    }
    return {};
}

} // namespace fairlead::http
