#include "proxy/plan/tuple_remedies.hpp"

#include "conf/source_addresses.hpp"
#include "proxy/plan/number_text.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace fairlead::plan {
namespace {

constexpr std::uint32_t first_port = 1024;
constexpr std::uint32_t last_port = 65'535;
constexpr std::uint32_t least_for_kernel = 1024; // that everybody else on the machine is left with

// One pool and what it lacks, in the family that has the most to multiply.
struct shortage
{
    const conf::pool_options& pool;
    const tuple_capacity& tuples;
    const family_capacity& family;
    std::uint64_t wanted; // of this family
    const plan_input& input;
};

// The ports that the ledger may have on this machine, of this replica.
conf::port_ranges ledger_ports(const plan_input& input, const conf::port_range& kernel)
{
    const conf::host_ports host{kernel, input.host.ports.reserved};
    const auto mine = conf::slice_of(conf::free_for_ledger(host), input.config.source.replica);
    return conf::without(mine, listening_ports(input.config));
}

std::string plural(std::uint64_t count, const std::string& noun, const std::string& ending = "s")
{
    return grouped(count) + " " + noun + (count == 1 ? "" : ending);
}

// "such as a /27": the smallest block that has so many.
std::string block_text(std::uint64_t count, bool is_v6)
{
    const int host_bits = std::bit_width(std::bit_ceil(count)) - 1;
    return "/" + std::to_string((is_v6 ? 128 : 32) - host_bits);
}

std::optional<std::string> by_more_sources(const shortage& of)
{
    const bool has_none = of.tuples.origin == tuple_origin::kernel_choice;
    const std::uint64_t ports =
        has_none ? conf::count_ports(ledger_ports(of.input, of.input.host.ports.kernel)) : of.family.ports;
    if (ports == 0) return std::nullopt;
    const auto sources = divided_up(of.wanted, of.family.destinations * ports);
    if (sources > conf::max_source_addresses) return std::nullopt;
    const std::string family = of.family.is_v6 ? "IPv6 " : "";
    const std::string each = " (" + grouped(of.family.destinations * ports) + " connections each)";
    if (has_none)
        return "give pool " + of.pool.name + " " + plural(sources, family + "source address", "es") +
               ": source = [...]" + each +
               (sources > 1 ? ", in one block a " + block_text(sources, of.family.is_v6) : "");
    const auto more = sources - of.family.sources;
    return "add " + plural(more, family + "source address", "es") + " to pool " + of.pool.name +
           ": source = [..., ...]" + each +
           (more > 1 ? ", in one block a " + block_text(more, of.family.is_v6) : "");
}

// The kernel's range that leaves the ledger so many ports.
std::optional<conf::port_range> kernel_range_for(std::uint64_t ports, const plan_input& input)
{
    const auto needed = ports * input.config.source.replica.count;
    for (std::uint64_t first = first_port + needed; first + least_for_kernel - 1 <= last_port; ++first) {
        const conf::port_range kernel{static_cast<std::uint16_t>(first), last_port};
        if (conf::count_ports(ledger_ports(input, kernel)) >= ports) return kernel;
    }
    return std::nullopt;
}

std::string range_command(const conf::port_range& kernel)
{
    return "sysctl -w net.ipv4.ip_local_port_range=\"" + std::to_string(kernel.first) + " " +
           std::to_string(kernel.last) + "\"";
}

std::optional<std::string> by_more_ledger_ports(const shortage& of)
{
    const auto ports = divided_up(of.wanted, of.family.sources * of.family.destinations);
    const auto free = ledger_ports(of.input, of.input.host.ports.kernel);
    if (ports <= conf::count_ports(free))
        return "widen its ports: ports = \"" + conf::to_string(free) + "\", which is the default (" +
               grouped(conf::count_ports(free)) + " from each source)";
    const auto kernel = kernel_range_for(ports, of.input);
    if (!kernel) return std::nullopt;
    return "leave the kernel fewer ports: " + range_command(*kernel) + ", and no ports = in the pool (" +
           grouped(conf::count_ports(ledger_ports(of.input, *kernel))) + " from each source)";
}

// Where the kernel chooses, it needs a wide range itself.
std::optional<std::string> by_more_kernel_ports(const shortage& of)
{
    auto host = of.input.host.ports;
    host.kernel = {first_port, last_port};
    std::uint64_t ports =
        conf::count_ports(conf::without(conf::chosen_by_kernel(host), listening_ports(of.input.config)));
    const bool is_counted = of.tuples.origin == tuple_origin::kernel_ports;
    if (is_counted) ports = ports * 98 / 100 / of.input.config.source.replica.count;
    if (of.family.sources * of.family.destinations * ports < of.wanted) return std::nullopt;
    return "give the kernel more ports: " + range_command(host.kernel) +
           (is_counted ? ", and no ports = in the pool" : "") + " (" + grouped(ports) + " from each address)";
}

std::optional<std::string> by_more_destinations(const shortage& of)
{
    const auto one = of.family.sources * of.family.ports;
    if (one == 0) return std::nullopt;
    const auto destinations = divided_up(of.wanted, one);
    std::vector<snat::tuple_destination> hosts;
    for (const auto& each : of.tuples.destinations) {
        if (each.ip.is_v6 == of.family.is_v6 &&
            std::ranges::find(hosts, each.ip, &snat::tuple_destination::ip) == hosts.end())
            hosts.push_back(each);
    }
    const auto of_hosts = std::max<std::uint64_t>(1, hosts.size());
    const auto ports = divided_up(destinations, of_hosts);
    if (ports > conf::max_ports_of_backend) return std::nullopt;
    std::string out = "list " + plural(ports, "port") + " for each backend, and let it listen on them: ";
    if (of.pool.backends.empty()) return out + "\"HOST:PORT-PORT\"";
    const auto first = of.pool.backends.front().address.port;
    const auto last = first + ports - 1;
    if (last > last_port) return out + "\"HOST:PORT-PORT\"";
    const std::string text = of.pool.backends.front().address.text;
    return out + "\"" + text + "-" + std::to_string(last) + "\"";
}

} // namespace

std::vector<std::string> ways_for_tuples(std::string_view pool_name, std::uint64_t wanted,
                                         const plan_input& input, const capacity_plan& plan)
{
    const auto planned = std::ranges::find(plan.pools, pool_name, &pool_plan::name);
    const auto pool = std::ranges::find(input.config.pools, pool_name, &conf::pool_options::name);
    std::vector<std::string> out;
    if (planned == plan.pools.end() || pool == input.config.pools.end() || planned->tuples.families.empty())
        return out;
    const auto by_size = [](const family_capacity& a, const family_capacity& b) {
        return a.destinations * a.ports < b.destinations * b.ports;
    };
    const auto& family = *std::ranges::max_element(planned->tuples.families, by_size);
    const auto elsewhere = planned->tuples.connections().value_or(0) - family.connections();
    const shortage of{*pool, planned->tuples, family, wanted - std::min(wanted, elsewhere), input};
    const auto add = [&](std::optional<std::string> way) {
        if (way) out.push_back(std::move(*way));
    };
    add(by_more_sources(of));
    add(planned->tuples.origin == tuple_origin::source_addresses && family.sources != 0
            ? by_more_ledger_ports(of)
            : std::nullopt);
    add(planned->tuples.origin != tuple_origin::source_addresses ? by_more_kernel_ports(of) : std::nullopt);
    add(by_more_destinations(of));
    if (out.empty())
        out.push_back(
            "no number of addresses and ports of one pool is enough: several pools or several machines");
    return out;
}

} // namespace fairlead::plan
