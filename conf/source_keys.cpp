#include "conf/source_keys.hpp"

#include "conf/source_addresses.hpp"

#include <algorithm>
#include <string>

namespace fairlead::conf {

namespace {

constexpr std::uint16_t first_unprivileged = 1024;

void add_port(port_ranges& to, const endpoint& listening)
{
    const bool has_port = listening.what == endpoint::kind::ip && listening.port != 0;
    if (has_port && !contains(to, listening.port)) {
        to.push_back({listening.port, listening.port});
    }
}

// In order of the ports, so that they can be taken from a list.
port_ranges listening_ports(const config& value)
{
    port_ranges out;
    for (const auto& each : value.listeners) {
        add_port(out, each.address);
    }
    if (value.admin.address) {
        add_port(out, *value.admin.address);
    }
    std::ranges::sort(out, {}, &port_range::first);
    return out;
}

port_ranges default_ports(port_selection selection, const host_ports& host)
{
    return selection == port_selection::ledger ? free_for_ledger(host) : port_ranges{host.kernel};
}

std::string problem_of_kernel_ports(const port_ranges& written, const host_ports& host)
{
    const auto range = to_string({host.kernel});
    if (written.size() != 1) {
        return "has to be one range when the kernel chooses the port";
    }
    if (!without(written, {host.kernel}).empty()) {
        return "lies outside the kernel's own range, " + range +
               " (net.ipv4.ip_local_port_range), which it does not leave";
    }
    return "";
}

std::string problem_of_ledger_ports(const port_ranges& written, const config_draft& draft)
{
    const auto stolen = common_ports(written, chosen_by_kernel(draft.host.ports));
    if (!stolen.empty()) {
        const auto rest = without(written, stolen);
        return to_string(stolen) +
               " is in the kernel's own range, where it would starve every other program: " +
               (rest.empty() ? "" : "write \"" + to_string(rest) + "\", or ") +
               "narrow net.ipv4.ip_local_port_range, or reserve them (net.ipv4.ip_local_reserved_ports)";
    }
    const auto listening = listening_ports(draft.value);
    const auto ours = common_ports(written, listening);
    if (!ours.empty()) {
        return to_string(ours) + " is listened on by this proxy; leave it out: \"" +
               to_string(without(written, listening)) + "\"";
    }
    return "";
}

std::string problem_of_ports(const port_ranges& written, port_selection selection, const config_draft& draft)
{
    if (written.empty()) {
        return "is empty; leave it out for the default";
    }
    if (written.front().first < first_unprivileged) {
        return "holds ports below " + std::to_string(first_unprivileged) + ", which are for services";
    }
    return selection == port_selection::kernel ? problem_of_kernel_ports(written, draft.host.ports)
                                               : problem_of_ledger_ports(written, draft);
}

// The key `ports` where it is written and right.
std::optional<port_ranges> read_ports(const table_reader& table, port_selection selection,
                                      const config_draft& draft)
{
    const auto* node = table.find("ports");
    if (node == nullptr || node->kind != node_kind::text) {
        std::string ignored;
        table.read("ports", ignored); // reports another type
        return std::nullopt;
    }
    const auto ports = parse_port_ranges(node->text);
    if (!ports) {
        table.report("ports", in_quotes(node->text) +
                                  " is not a list of ports, each once, such as \"1024-32767, 61000-65535\"");
        return std::nullopt;
    }
    const auto problem = problem_of_ports(*ports, selection, draft);
    if (!problem.empty()) {
        table.report("ports", problem);
        return std::nullopt;
    }
    return ports;
}

std::optional<port_selection> read_selection(const table_reader& table)
{
    const auto index = table.choice("port_selection");
    return index ? std::optional(static_cast<port_selection>(*index)) : std::nullopt;
}

// This replica's part; the slices are cut first, so that replicas with other listeners cut alike.
port_ranges ports_of_replica(const port_ranges& all, port_selection selection, const config_draft& draft)
{
    const auto slice = slice_of(all, draft.value.source.replica);
    return selection == port_selection::kernel ? slice : without(slice, listening_ports(draft.value));
}

std::string problem_of_no_ports(const port_ranges& all, const replica_number& replica)
{
    const std::string text = "no port is left to dial from: ";
    if (all.empty()) {
        return text + "net.ipv4.ip_local_port_range gives all of them to the kernel; narrow it, or set "
                      "port_selection = \"kernel\"";
    }
    return text + "of " + to_string(all) + ", replica " + std::to_string(replica.index) + "/" +
           std::to_string(replica.count) + " has none";
}

void read_replica(const table_reader& table, source_options& source)
{
    std::string text = "1/1";
    table.read("replica", text);
    const auto replica = parse_replica(text);
    if (!replica) {
        table.report("replica",
                     in_quotes(text) + " is not the number of a replica such as \"1/2\" or \"2/2\"");
        return;
    }
    source.replica = *replica;
}

bool is_dialled_over_ip(const pool_options& pool)
{
    return pool.discover || std::ranges::any_of(pool.backends, [](const auto& backend) {
               return backend.address.what != endpoint::kind::unix_path;
           });
}

void check_capability(const table_reader& table, std::string_view name, const config_draft& draft)
{
    if (!draft.host.transparent_problem.empty()) {
        table.report(name, draft.host.transparent_problem);
    }
}

void read_own_source(const table_reader& table, const config_draft& draft, pool_options& pool)
{
    pool.transparent = read_transparency(table, "source").value_or(transparency::off);
    if (pool.transparent == transparency::off) {
        pool.source = read_source_addresses(table, "source", {draft.host.interfaces, &pool});
        return;
    }
    check_capability(table, "source", draft);
    if (!pool.backends.empty() && !is_dialled_over_ip(pool)) {
        table.report("source", "has no use: the pool's backends are Unix sockets");
    }
}

void inherit_source(const source_options& defaults, pool_options& pool)
{
    std::ranges::copy_if(defaults.addresses, std::back_inserter(pool.source),
                         [&](const auto& block) { return has_backend_for(pool, block); });
    if (is_dialled_over_ip(pool)) {
        pool.transparent = defaults.transparent;
    }
}

// Ports of one's own are for source addresses of one's own.
void check_port_keys_have_use(const table_reader& table, const pool_options& pool)
{
    for (const auto* key : {"ports", "port_selection"}) {
        if (table.find(key) == nullptr) {
            continue;
        }
        if (pool.transparent != transparency::off) {
            table.report(key, "has no use where connections come from the client's own address");
        } else if (pool.source.empty() && table.find("source") == nullptr) {
            table.report(key, "has no use without source: then the kernel chooses address and port");
        }
    }
}

} // namespace

void read_source_section(const table_reader& top, config_draft& draft)
{
    auto& source = draft.value.source;
    const auto* node = top.find("source");
    if (node != nullptr && node->kind == node_kind::table) {
        const table_reader table(*node, {"source", "source", top.file(), top.errors()});
        source.transparent = read_transparency(table, "addresses").value_or(transparency::off);
        if (source.transparent == transparency::off) {
            source.addresses = read_source_addresses(table, "addresses", {draft.host.interfaces, nullptr});
        } else {
            check_capability(table, "addresses", draft);
        }
        source.selection = read_selection(table).value_or(port_selection::ledger);
        source.ports = read_ports(table, source.selection, draft).value_or(port_ranges{});
        read_replica(table, source);
        table.read("reconcile_every", source.reconcile_every);
    } else if (node != nullptr) {
        top.report("source", "wants a table: [source] with addresses = [\"10.0.1.0/28\"]");
    }
    if (source.ports.empty()) {
        source.ports = default_ports(source.selection, draft.host.ports);
    }
}

void read_pool_source(const table_reader& table, const config_draft& draft, pool_options& pool)
{
    const auto& defaults = draft.value.source;
    if (table.find("source") != nullptr) {
        read_own_source(table, draft, pool);
    } else {
        inherit_source(defaults, pool);
    }
    check_port_keys_have_use(table, pool);
    pool.port_selection = read_selection(table).value_or(defaults.selection);
    const bool as_default = pool.port_selection == defaults.selection;
    const auto ports =
        read_ports(table, pool.port_selection, draft)
            .value_or(as_default ? defaults.ports : default_ports(pool.port_selection, draft.host.ports));
    pool.ports = ports_of_replica(ports, pool.port_selection, draft);
    if (!pool.source.empty() && pool.ports.empty()) {
        table.report("source", problem_of_no_ports(ports, defaults.replica));
    }
}

} // namespace fairlead::conf
