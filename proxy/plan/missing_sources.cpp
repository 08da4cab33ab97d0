#include "proxy/plan/missing_sources.hpp"

#include "proxy/plan/number_text.hpp"

#include <algorithm>

namespace fairlead::plan {
namespace {

bool covers(const conf::cidr& outer, const conf::cidr& inner)
{
    return outer.prefix_length <= inner.prefix_length && conf::overlaps(outer, inner);
}

std::uint8_t full_length(const conf::ip_address& address) { return address.is_v6 ? 128 : 32; }

conf::ip_address next_of(conf::ip_address address)
{
    for (std::size_t octet = address.is_v6 ? 16 : 4; octet-- > 0;) {
        if (++address.bytes[octet] != 0) break;
    }
    return address;
}

std::string route_command(const conf::cidr& block)
{
    return std::string("ip ") + (block.address.is_v6 ? "-6 " : "") + "route add local " +
           conf::to_string(block) + " dev lo";
}

remedy problem_of(const conf::cidr& block, const missing_addresses& missing, const std::string& pools)
{
    const auto total = conf::address_count(block);
    const std::string first = conf::to_string(missing.first);
    remedy out;
    if (total == 1)
        out.problem = first + " is on no interface and in no local route";
    else
        out.problem = grouped(missing.count) + " of the " + grouped(total) + " addresses of " +
                      conf::to_string(block) + " are on no interface and in no local route, such as " + first;
    out.problem += " (" + pools + ")";
    out.ways.push_back(route_command(block));
    const auto length = std::to_string(full_length(block.address));
    out.ways.push_back("ip addr add " + first + "/" + length + " dev INTERFACE" +
                       (missing.count > 1 ? ", and so on" : ""));
    if (block.address.is_v6 || total > 1)
        out.ways.back() += "; either way the network has to route it to this machine";
    return out;
}

} // namespace

missing_addresses find_missing(const conf::cidr& block, std::span<const conf::cidr> local)
{
    const auto is_local = [&](const conf::cidr& each) {
        return std::ranges::any_of(local, [&](const conf::cidr& outer) { return covers(outer, each); });
    };
    missing_addresses out;
    if (is_local(block)) return out;
    constexpr std::uint64_t most = 65'536; // as many as a pool uses
    auto address = block.address;
    for (std::uint64_t i = 0; i < std::min(conf::address_count(block), most); ++i) {
        if (!is_local({address, full_length(address)}) && out.count++ == 0) out.first = address;
        address = next_of(address);
    }
    return out;
}

std::vector<remedy> missing_source_problems(const conf::config& config, const net::machine_facts& machine)
{
    std::vector<remedy> out;
    if (!machine.local_prefixes) return out;
    std::vector<conf::cidr> seen;
    for (const auto& pool : config.pools) {
        for (const auto& block : pool.source) {
            if (std::ranges::find(seen, block) != seen.end()) continue;
            seen.push_back(block);
            const auto missing = find_missing(block, *machine.local_prefixes);
            if (missing.count == 0) continue;
            std::string pools;
            for (const auto& other : config.pools) {
                if (std::ranges::find(other.source, block) != other.source.end())
                    pools += (pools.empty() ? "pool " : ", ") + other.name;
            }
            out.push_back(problem_of(block, missing, pools));
        }
    }
    return out;
}

} // namespace fairlead::plan
