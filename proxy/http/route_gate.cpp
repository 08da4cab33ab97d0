#include "proxy/http/route_gate.hpp"

#include "proxy/http/cookie_values.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "tls/digest.hpp"

#include <xxhash.h>

#include <array>
#include <span>

namespace fairlead::http {
namespace {

// Drawn once: nobody outside can choose values that collide.
std::uint64_t seed()
{
    static const std::uint64_t drawn = [] {
        std::array<std::uint64_t, 1> words;
        tls::random_bytes(std::as_writable_bytes(std::span(words)));
        return words[0];
    }();
    return drawn;
}

std::uint64_t key_of(const conf::request_rate_options& rate, const head& fields,
                     const std::optional<net::ip_port>& client)
{
    std::optional<std::string_view> value;
    if (rate.by == conf::rate_key::header) value = fields.find(rate.name);
    if (rate.by == conf::rate_key::cookie) value = cookie_values(fields, rate.name).next();
    if (!value || value->empty()) return key_of_client(client);
    return XXH3_64bits_withSeed(value->data(), value->size(), seed() + 1); // apart from addresses
}

} // namespace

std::uint64_t key_of_client(const std::optional<net::ip_port>& client)
{
    if (!client) return XXH3_64bits_withSeed(nullptr, 0, seed());
    const conf::ip_address ip = net::unmapped(client->ip);
    return XXH3_64bits_withSeed(ip.bytes.data(), ip.is_v6 ? 8 : 4, seed());
}

std::optional<turned_away> turn_away(const conf::edge_options& route, const head& fields,
                                     const std::optional<net::ip_port>& client, routing::request_rates& rates,
                                     std::chrono::nanoseconds now)
{
    if (!route.deny.empty() && holds(route.deny, client))
        return turned_away{403, metrics::refusal::access, "this client is kept out", {}};
    if (!route.allow.empty() && !holds(route.allow, client))
        return turned_away{403, metrics::refusal::access, "this client is not let in", {}};
    if (!route.request_rate) return std::nullopt;
    const auto early =
        rates.admit(key_of(*route.request_rate, fields, client), route.request_rate->limit, now);
    if (early.count() == 0) return std::nullopt;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(early).count();
    return turned_away{429, metrics::refusal::request_rate, "the client sends too many requests",
                       "Retry-After: " + std::to_string(seconds) + "\r\n"};
}

} // namespace fairlead::http
