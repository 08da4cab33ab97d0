#include "proxy/routing/route_table.hpp"

#include "proxy/routing/path_index.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <string_view>
#include <utility>

namespace fairlead::routing {
namespace {

std::uint64_t random_seed()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

} // namespace

struct route_table::index
{
    explicit index(std::uint64_t table_seed)
        : seed(table_seed)
        , exact(0, text_hash{seed})
        , wildcards(0, text_hash{seed})
        , without_host(seed)
    {}

    path_index& paths_for(const std::string& host);
    void freeze();
    std::optional<std::uint32_t> match(const request_key& request, match_cost& cost) const;
    std::optional<std::uint32_t> match_wildcards(std::string_view host, const request_key& request,
                                                 match_cost& cost) const;

    const std::uint64_t seed;
    text_map<path_index> exact;
    text_map<path_index> wildcards;            // "*.example.com" as "example.com"
    std::vector<std::size_t> wildcard_lengths; // of wildcards, each once, longest first
    path_index without_host;
    std::size_t route_count = 0;
};

path_index& route_table::index::paths_for(const std::string& host)
{
    if (host.empty()) return without_host;
    if (host.starts_with("*.")) return wildcards.try_emplace(host.substr(2), seed).first->second;
    return exact.try_emplace(host, seed).first->second;
}

void route_table::index::freeze()
{
    for (auto& [host, paths] : exact)
        paths.freeze();
    for (auto& [suffix, paths] : wildcards) {
        paths.freeze();
        wildcard_lengths.push_back(suffix.size());
    }
    std::sort(wildcard_lengths.begin(), wildcard_lengths.end(), std::greater<>());
    wildcard_lengths.erase(std::unique(wildcard_lengths.begin(), wildcard_lengths.end()),
                           wildcard_lengths.end());
    without_host.freeze();
}

std::optional<std::uint32_t> route_table::index::match(const request_key& request, match_cost& cost) const
{
    auto host = request.host;
    if (host.ends_with('.')) host.remove_suffix(1);
    if (!host.empty() && !exact.empty()) {
        ++cost.lookups;
        const auto found = exact.find(host);
        if (found != exact.end()) {
            if (const auto route = found->second.match(request, cost)) return route;
        }
    }
    if (const auto route = match_wildcards(host, request, cost)) return route;
    return without_host.match(request, cost);
}

std::optional<std::uint32_t>
route_table::index::match_wildcards(std::string_view host, const request_key& request, match_cost& cost) const
{
    for (const auto length : wildcard_lengths) {
        // At least one octet of a label and the dot come before the suffix.
        if (length + 2 > host.size() || host[host.size() - length - 1] != '.') continue;
        ++cost.lookups;
        const auto found = wildcards.find(host.substr(host.size() - length));
        if (found == wildcards.end()) continue;
        if (const auto route = found->second.match(request, cost)) return route;
    }
    return std::nullopt;
}

boost::system::result<route_table, std::vector<route_error>>
route_table::build(std::span<const conf::route_options> routes)
{
    auto built = std::make_unique<index>(random_seed());
    std::vector<route_error> errors;
    for (std::uint32_t position = 0; position < routes.size(); ++position) {
        const auto& route = routes[position];
        std::vector<std::string> messages;
        condition_set conditions(route, messages);
        built->paths_for(route.host).add(route, position, std::move(conditions), messages);
        for (auto& message : messages)
            errors.push_back({route.where, route.name, std::move(message)});
    }
    if (!errors.empty()) return errors;
    built->freeze();
    built->route_count = routes.size();
    return route_table(std::move(built));
}

route_table::route_table(std::unique_ptr<const index> built)
    : index_(std::move(built))
{}
route_table::route_table(route_table&&) noexcept = default;
route_table& route_table::operator=(route_table&&) noexcept = default;
route_table::~route_table() = default;

std::optional<std::uint32_t> route_table::match(const request_key& request) const noexcept
{
    match_cost cost;
    return match(request, cost);
}

std::optional<std::uint32_t> route_table::match(const request_key& request, match_cost& cost) const noexcept
{
    return index_->match(request, cost);
}

std::size_t route_table::size() const noexcept { return index_->route_count; }

} // namespace fairlead::routing
