#include "proxy/server/source_report.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace fairlead::server {
namespace {

std::set<std::string> destinations_of(const upstream::pool& pool)
{
    std::set<std::string> out;
    for (const auto& each : pool.backends()) {
        for (const auto& ip : each->addresses())
            out.insert(snat::to_string({ip, each->address().port}));
    }
    return out;
}

} // namespace

std::vector<metrics::source_usage>
report_sources(const snat::tuple_ledger& ledger, std::span<const std::shared_ptr<const upstream::pool>> pools)
{
    std::vector<metrics::source_usage> out;
    const auto spaces = ledger.usage();
    for (const auto& pool : pools) {
        if (pool->source() == nullptr) continue;
        const std::set<std::string> destinations = destinations_of(*pool);
        for (const auto& space : spaces) {
            const auto ip = conf::parse_ip_address(space.source);
            const auto has_source = [&](const conf::cidr& block) { return ip && conf::contains(block, *ip); };
            if (*space.ports == pool->source()->ports() && destinations.contains(space.destination) &&
                std::ranges::any_of(pool->source()->blocks(), has_source))
                out.push_back({pool->name(), space.source, space.destination, space.in_use, space.set_aside,
                               space.capacity});
        }
    }
    return out;
}

} // namespace fairlead::server
