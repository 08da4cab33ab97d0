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

bool is_of(const snat::source_pool& source, const snat::tuple_usage& space)
{
    if (*space.ports != source.ports()) return false;
    const auto ip = conf::parse_ip_address(space.source);
    return ip && std::ranges::any_of(source.blocks(),
                                     [&](const auto& block) { return conf::contains(block, *ip); });
}

void add_sourceless(std::vector<metrics::source_usage>& out, const upstream::pool& pool,
                    std::uint32_t kernel_ports)
{
    for (const auto& each : pool.backends()) {
        const std::uint64_t addresses = each->addresses().size(); // none: a Unix socket, or no such name
        const std::uint64_t open = std::uint64_t{each->live()} + each->idle();
        if (addresses != 0)
            out.push_back({pool.name(), "any", each->address().text, open, 0, addresses * kernel_ports, 0});
    }
}

} // namespace

std::vector<metrics::source_usage>
report_sources(const snat::tuple_ledger& ledger, std::span<const std::shared_ptr<const upstream::pool>> pools,
               std::uint32_t kernel_ports)
{
    std::vector<metrics::source_usage> out;
    auto spaces = ledger.usage();
    std::ranges::sort(spaces, {}, &snat::tuple_usage::destination);
    for (const auto& pool : pools) {
        if (pool->source() == nullptr) {
            if (pool->transparent() == conf::transparency::off) add_sourceless(out, *pool, kernel_ports);
            continue;
        }
        for (const auto& destination : destinations_of(*pool)) {
            auto space = std::ranges::lower_bound(spaces, destination, {}, &snat::tuple_usage::destination);
            for (; space != spaces.end() && space->destination == destination; ++space) {
                if (is_of(*pool->source(), *space))
                    out.push_back({pool->name(), space->source, space->destination, space->in_use,
                                   space->set_aside, space->capacity, space->foreign});
            }
        }
    }
    return out;
}

} // namespace fairlead::server
