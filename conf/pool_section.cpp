#include "conf/pool_section.hpp"

#include "conf/discover_keys.hpp"
#include "conf/health_keys.hpp"
#include "conf/hedge_keys.hpp"
#include "conf/retry_keys.hpp"
#include "conf/source_keys.hpp"
#include "conf/tls_section.hpp"
#include "conf/sticky_keys.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t max_backends = 4'096; // the balancer looks at each

bool is_pool_name(std::string_view name)
{
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_allowed);
}

std::vector<endpoint> read_backend_addresses(std::string_view text, const written_at& where,
                                             diagnostics& errors)
{
    auto addresses = parse_endpoints(text);
    if (addresses.empty()) {
        errors.add(where, in_quotes(text) + " is not a backend; one is " +
                              range_text(*find_key("pool.NAME.backends", "address")) +
                              ", PORTS such as 9000 or 9000-9003, " + std::to_string(max_ports_of_backend) +
                              " at most");
    } else if (addresses.front().what != endpoint::kind::unix_path && addresses.front().port == 0) {
        errors.add(where, in_quotes(text) + ": a backend's port is 1 to 65535");
        addresses.clear();
    }
    return addresses;
}

// One backend for each port of the entry.
std::vector<backend_options> read_backend(const document_node& node, const written_at& where,
                                          std::uint32_t max_connections, diagnostics& errors)
{
    std::uint32_t weight = 1;
    std::uint32_t priority = 0;
    std::uint32_t most = max_connections;
    std::vector<endpoint> addresses;
    if (node.kind == node_kind::text) {
        addresses = read_backend_addresses(node.text, where, errors);
    } else if (node.kind == node_kind::table) {
        const table_reader table(node, {"pool.NAME.backends", where.key, *where.file, errors});
        table.read("weight", weight);
        table.read("priority", priority);
        table.read("max_connections", most);
        std::string text;
        table.read("address", text);
        const auto* written = table.find("address");
        if (written != nullptr && written->kind == node_kind::text) {
            addresses = read_backend_addresses(text, table.where("address"), errors);
        }
    } else {
        errors.add(where, "wants \"HOST:PORT\" or { address = \"HOST:PORT\", weight = 1 }, not " +
                              std::string(kind_text(node.kind)));
    }
    std::vector<backend_options> out;
    for (auto& address : addresses) {
        out.push_back({std::move(address), weight, where.position(), priority, most});
    }
    return out;
}

void read_backends(const table_reader& table, pool_options& pool)
{
    const auto* node = table.find("backends");
    if (node == nullptr) {
        if (table.find("discover") == nullptr) {
            table.errors().add(table.where_table(), "the key 'backends' is missing, or 'discover'");
        }
        return;
    }
    if (node->kind != node_kind::array) {
        table.report("backends", "wants an array: [\"HOST:PORT\", ...]");
        return;
    }
    if (node->items.empty() && table.find("discover") == nullptr) {
        table.report("backends", "a pool needs at least one backend");
    }
    std::uint32_t max_connections = 0;
    table.read("max_connections", max_connections);
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const auto where = table.where_item("backends", i);
        for (auto& backend : read_backend(node->items[i], where, max_connections, table.errors())) {
            if (!seen.insert(backend.address.text).second) {
                table.errors().add(where, backend.address.text +
                                              " is listed twice; to send it more, give it a weight");
                break; // one overlap of two ranges is enough to say
            }
            pool.backends.push_back(std::move(backend));
        }
    }
    if (pool.backends.size() > max_backends) {
        table.report("backends", "makes " + std::to_string(pool.backends.size()) + " backends; a pool has " +
                                     std::to_string(max_backends) + " at most");
    }
}

void read_rebalance(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("rebalance");
    if (node == nullptr || node->kind != node_kind::table) {
        return;
    }
    const table_reader table(*node, {"pool.NAME.rebalance", pool_table.path_of("rebalance"),
                                     pool_table.file(), pool_table.errors()});
    auto& target = pool.rebalance.emplace();
    const auto is_text = [&](std::string_view name) {
        const auto* written = table.find(name);
        return written != nullptr && written->kind == node_kind::text;
    };
    std::string text;
    table.read("rate", text);
    const auto rate = parse_rate(text);
    if (rate) {
        target.per_second = *rate;
    } else if (is_text("rate")) {
        table.report("rate", in_quotes(text) + " is not a rate; one is " +
                                 range_text(*find_key("pool.NAME.rebalance", "rate")));
    }
    text.clear();
    table.read("threshold", text);
    const auto threshold = parse_percent(text);
    if (threshold && *threshold != 0) {
        target.threshold = *threshold;
    } else if (is_text("threshold")) {
        table.report("threshold", in_quotes(text) + " is not a share; one is " +
                                      range_text(*find_key("pool.NAME.rebalance", "threshold")));
    }
}

void read_limits(const table_reader& pool_table, pool_options& pool)
{
    pool_table.read("max_pending", pool.max_pending);
    const auto* node = pool_table.find("queue");
    if (node == nullptr || node->kind != node_kind::table) {
        return;
    }
    const table_reader table(
        *node, {"pool.NAME.queue", pool_table.path_of("queue"), pool_table.file(), pool_table.errors()});
    auto& target = pool.queue.emplace();
    table.read("length", target.length);
    table.read("timeout", target.timeout);
    const auto is_bounded = [](const backend_options& each) { return each.max_connections != 0; };
    if (!pool.backends.empty() && std::ranges::none_of(pool.backends, is_bounded)) {
        pool_table.report("queue", "nobody would ever wait: set max_connections, of the pool or a backend");
    }
}

void read_pool(const table_entry& entry, const table_reader& top, config_draft& draft)
{
    const table_reader table(entry.value, {"pool.NAME", "pool." + entry.key, top.file(), top.errors()});
    if (entry.value.kind != node_kind::table) {
        return;
    }
    const written_at name_place{&top.file(), entry.at, "pool." + entry.key};
    if (!is_pool_name(entry.key)) {
        top.errors().add(name_place, "a pool's name is 1 to 64 letters, digits, '-', '_' and '.'");
    }
    const auto [twin, is_new] = draft.pool_places.emplace(entry.key, name_place);
    if (!is_new) {
        top.errors().add(name_place, "is defined already, at " + position_text(twin->second.position()));
    }
    pool_options pool;
    pool.name = entry.key;
    pool.where = name_place.position();
    read_backends(table, pool);
    read_discover_keys(table, pool);
    pool.balance = static_cast<balance_kind>(table.choice("balance").value_or(0));
    read_pool_source(table, draft, pool);
    pool.proxy_protocol = static_cast<proxy_protocol>(table.choice("proxy_protocol").value_or(0));
    table.read("connect_timeout", pool.connect_timeout);
    table.read("response_timeout", pool.response_timeout);
    table.read("total_timeout", pool.total_timeout);
    table.read("backoff", pool.backoff);
    // A longer first back-off alone raises the bound with it.
    pool.max_backoff = std::max(pool.max_backoff, pool.backoff);
    table.read("max_backoff", pool.max_backoff);
    if (pool.max_backoff < pool.backoff) {
        table.report("max_backoff", format_duration(pool.max_backoff) +
                                        " is shorter than backoff, which is " +
                                        format_duration(pool.backoff));
    }
    read_pool_health(table, pool);
    read_rebalance(table, pool);
    read_limits(table, pool);
    read_retry(table, pool);
    read_hedge(table, pool);
    read_pool_tls(table, pool);
    read_sticky_keys(table, pool);
    draft.value.pools.push_back(std::move(pool));
}

} // namespace

void read_pools(const table_reader& top, config_draft& draft)
{
    const auto* node = top.find("pool");
    if (node == nullptr) {
        return;
    }
    if (node->kind != node_kind::table) {
        top.report("pool", "a pool is a table with its name: [pool.NAME]");
        return;
    }
    for (const auto& entry : node->entries) {
        read_pool(entry, top, draft);
    }
}

} // namespace fairlead::conf
