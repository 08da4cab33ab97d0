#include "proxy/plan/tuple_capacity.hpp"

#include "proxy/snat/port_set.hpp"
#include "proxy/snat/source_pool.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace fairlead::plan {
namespace {

bool comes_before(const snat::tuple_destination& a, const snat::tuple_destination& b)
{
    return std::tie(a.ip.is_v6, a.ip.bytes, a.port) < std::tie(b.ip.is_v6, b.ip.bytes, b.port);
}

std::uint64_t count_sources(const conf::pool_options& pool, bool is_v6)
{
    std::uint64_t total = 0;
    for (const auto& block : pool.source) {
        if (block.address.is_v6 == is_v6)
            total += std::min<std::uint64_t>(conf::address_count(block), snat::source_pool::max_sources);
    }
    return std::min<std::uint64_t>(total, snat::source_pool::max_sources);
}

void collect_destinations(const conf::pool_options& pool, const resolved_names& names, tuple_capacity& out)
{
    for (const auto& backend : pool.backends) {
        const auto& address = backend.address;
        if (address.what == conf::endpoint::kind::ip) {
            out.destinations.push_back({address.ip, address.port});
        } else if (address.what == conf::endpoint::kind::name) {
            const auto found = names.find(address.host);
            if (found == names.end() || found->second.empty()) {
                out.unresolved.push_back(address.text);
                continue;
            }
            for (const auto& ip : found->second)
                out.destinations.push_back({ip, address.port});
        }
    }
    // One at least: how many members it finds is known when it runs.
    if (pool.discover && out.destinations.empty() && out.unresolved.empty())
        out.unresolved.push_back(pool.discover->file.empty() ? pool.discover->name : pool.discover->file);
    std::ranges::sort(out.destinations, comes_before);
    // clang 14 cannot take the subrange that std::ranges::unique returns.
    const auto rest = std::unique(out.destinations.begin(), out.destinations.end());
    out.destinations.erase(rest, out.destinations.end());
}

tuple_origin origin_of(const conf::pool_options& pool)
{
    const bool has_unix = std::ranges::any_of(pool.backends, [](const auto& backend) {
        return backend.address.what == conf::endpoint::kind::unix_path;
    });
    if (has_unix) return tuple_origin::none_needed;
    if (pool.transparent != conf::transparency::off) return tuple_origin::client_addresses;
    if (pool.source.empty()) return tuple_origin::kernel_choice;
    return pool.port_selection == conf::port_selection::kernel ? tuple_origin::kernel_ports
                                                               : tuple_origin::source_addresses;
}

// connect() passes over a port on which anything is bound, so the kernel gives none that we listen on.
conf::port_ranges ports_of_kernel(const conf::config& config, const conf::host_ports& host)
{
    return conf::without(conf::chosen_by_kernel(host), listening_ports(config));
}

std::uint64_t usable_ports(const tuple_capacity& of, const conf::pool_options& pool)
{
    const std::uint64_t all = conf::count_ports(of.ports);
    if (of.origin != tuple_origin::kernel_ports || all == 0) return all;
    return std::min<std::uint64_t>(all, snat::port_set(pool.ports, pool.port_selection).capacity());
}

} // namespace

std::optional<std::uint64_t> tuple_capacity::connections() const
{
    if (origin == tuple_origin::none_needed || origin == tuple_origin::client_addresses) return std::nullopt;
    std::uint64_t total = 0;
    for (const auto& family : families)
        total += family.connections();
    return total;
}

conf::port_ranges listening_ports(const conf::config& config)
{
    std::set<std::uint16_t> ports;
    const auto add = [&](const conf::endpoint& address) {
        if (address.what == conf::endpoint::kind::ip && address.port != 0) ports.insert(address.port);
    };
    for (const auto& each : config.listeners)
        add(each.address);
    if (config.admin.address) add(*config.admin.address);
    conf::port_ranges out;
    for (const auto port : ports) {
        if (!out.empty() && out.back().last + 1 == port)
            out.back().last = port;
        else
            out.push_back({port, port});
    }
    return out;
}

tuple_capacity count_tuples(const conf::config& config, const conf::pool_options& pool,
                            const conf::host_ports& host, const resolved_names& names)
{
    tuple_capacity out;
    out.origin = origin_of(pool);
    if (!out.connections()) return out; // nothing to count
    collect_destinations(pool, names, out);
    out.ports = pool.ports;
    if (out.origin == tuple_origin::kernel_choice) out.ports = ports_of_kernel(config, host);
    if (out.origin == tuple_origin::kernel_ports)
        out.ports = conf::common_ports(pool.ports, ports_of_kernel(config, host));
    const std::uint64_t ports = usable_ports(out, pool);
    // A name whose addresses are not known is counted in the family that the pool dials from.
    const bool names_are_v6 = !pool.source.empty() && count_sources(pool, false) == 0;
    for (const bool is_v6 : {false, true}) {
        family_capacity family{is_v6, 1, 0, ports};
        if (out.origin != tuple_origin::kernel_choice) family.sources = count_sources(pool, is_v6);
        family.destinations = static_cast<std::uint64_t>(std::ranges::count_if(
            out.destinations, [&](const auto& each) { return each.ip.is_v6 == is_v6; }));
        if (names_are_v6 == is_v6) family.destinations += out.unresolved.size();
        if (family.destinations != 0) out.families.push_back(family);
    }
    return out;
}

} // namespace fairlead::plan
