#include "proxy/plan/machine_settings.hpp"

#include "proxy/plan/number_text.hpp"

#include <algorithm>
#include <limits>

namespace fairlead::plan {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::int64_t>::max(); // what fs.file-max is at first

std::string count_text(std::uint64_t number) { return number >= unlimited ? "unlimited" : grouped(number); }

std::string sysctl_change(const std::string& name, const std::string& value)
{
    return "sysctl -w " + name + "=" + value;
}

class setting_list
{
public:
    enum class weight : std::uint8_t
    {
        hard,
        soft
    };

    // A sysctl that has to be `needed` at least.
    void at_least(const std::string& name, net::machine_facts::number now, std::uint64_t needed, weight how)
    {
        if (!now) return;
        out_.push_back({name, count_text(*now), grouped(needed), *now >= needed, how == weight::hard,
                        sysctl_change(name, std::to_string(needed))});
    }
    void add(setting one) { out_.push_back(std::move(one)); }
    std::vector<setting> take() { return std::move(out_); }

private:
    std::vector<setting> out_;
};

setting descriptors(const plan_input& input, const capacity_plan& plan)
{
    const auto needed = plan.descriptors_needed;
    const auto text = std::to_string(needed);
    setting out{"RLIMIT_NOFILE",
                count_text(input.machine.descriptors_hard),
                grouped(needed),
                input.machine.descriptors_hard >= needed,
                true,
                ""};
    out.change = "LimitNOFILE=" + text + " (systemd), --ulimit nofile=" + text + ":" + text +
                 " (Docker), ulimit -Hn " + text + " (a shell)";
    return out;
}

// What the kernel chooses from and what it leaves: the ledger's ports and the kernel's exclude each other.
setting local_port_range(const plan_input& input)
{
    const auto& ports = input.host.ports;
    setting out{"net.ipv4.ip_local_port_range", conf::to_string({ports.kernel}), "", true, false, ""};
    out.needed = grouped(conf::count_ports(conf::chosen_by_kernel(ports))) + " for the kernel, " +
                 grouped(conf::count_ports(conf::free_for_ledger(ports))) + " for sources";
    return out;
}

bool uses_v6_prefix(const conf::config& config)
{
    return std::ranges::any_of(config.pools, [](const auto& pool) {
        return std::ranges::any_of(pool.source, [](const auto& block) {
            return block.address.is_v6 && conf::address_count(block) > 1;
        });
    });
}

// The lowest port that this process listens on or dials from.
std::uint64_t lowest_port(const conf::config& config)
{
    std::uint64_t lowest = 65'536;
    for (const auto& range : listening_ports(config))
        lowest = std::min<std::uint64_t>(lowest, range.first);
    for (const auto& pool : config.pools) {
        if (!pool.source.empty() && !pool.ports.empty())
            lowest = std::min<std::uint64_t>(lowest, pool.ports.front().first);
    }
    return lowest;
}

void add_ports(const plan_input& input, setting_list& out)
{
    out.add(local_port_range(input));
    if (!input.host.ports.reserved.empty())
        out.add({"net.ipv4.ip_local_reserved_ports", conf::to_string(input.host.ports.reserved),
                 "kept from both", true, false, ""});
    if (const auto start = input.machine.unprivileged_port_start) {
        const auto lowest = lowest_port(input.config);
        const std::string name = "net.ipv4.ip_unprivileged_port_start";
        out.add({name, std::to_string(*start), "at most " + std::to_string(lowest), *start <= lowest, false,
                 sysctl_change(name, std::to_string(lowest)) + ", or CAP_NET_BIND_SERVICE"});
    }
    if (input.machine.nonlocal_bind_v6 && uses_v6_prefix(input.config))
        out.add({"net.ipv6.ip_nonlocal_bind", std::to_string(*input.machine.nonlocal_bind_v6),
                 "any: IP_FREEBIND is set", true, false, ""});
}

void add_memory(const plan_input& input, const capacity_plan& plan, setting_list& out)
{
    const auto& machine = input.machine;
    if (machine.memory_bytes != 0) {
        const auto needed = plan.memory.total();
        out.add({"memory", bytes_text(machine.memory_bytes), bytes_text(needed),
                 machine.memory_bytes >= needed, false, "more memory, or another machine"});
    }
    if (!machine.tcp_mem) return;
    // Idle sockets hold no pages. With a page of each in flight the kernel must not yet shrink buffers.
    const std::string name = "net.ipv4.tcp_mem";
    const auto needed = 2 * plan.connections;
    const auto pressure = (*machine.tcp_mem)[1];
    out.add({name + " (pressure, pages)", grouped(pressure), grouped(needed), pressure >= needed, false,
             sysctl_change(name, "\"" + std::to_string(needed * 3 / 4) + " " + std::to_string(needed) + " " +
                                     std::to_string(needed * 3 / 2) + "\"")});
}

} // namespace

std::vector<setting> judge_settings(const plan_input& input, const capacity_plan& plan)
{
    using weight = setting_list::weight;
    const auto& machine = input.machine;
    setting_list out;
    out.add(descriptors(input, plan));
    out.at_least("fs.nr_open", machine.nr_open, plan.descriptors_needed, weight::soft);
    out.at_least("fs.file-max", machine.file_max, plan.descriptors_needed + machine.files_open.value_or(0),
                 weight::hard);
    add_memory(input, plan, out);
    add_ports(input, out);
    out.at_least("net.core.somaxconn", machine.somaxconn, input.config.socket.backlog, weight::soft);
    out.at_least("net.ipv4.tcp_max_syn_backlog", machine.syn_backlog, input.config.socket.backlog,
                 weight::soft);
    out.at_least("net.ipv4.tcp_max_tw_buckets", machine.time_wait_buckets, plan.connections, weight::soft);
    const auto tracked = machine.conntrack_count.value_or(0);
    out.at_least("net.netfilter.nf_conntrack_max", machine.conntrack_max, 2 * plan.connections + tracked,
                 tracked != 0 ? weight::hard : weight::soft);
    return out.take();
}

} // namespace fairlead::plan
