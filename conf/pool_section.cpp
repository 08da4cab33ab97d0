#include "conf/pool_section.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_name = 64;

bool is_pool_name(std::string_view name)
{
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_allowed);
}

std::optional<endpoint> read_backend_address(std::string_view text, const written_at& where,
                                             diagnostics& errors)
{
    auto address = parse_endpoint(text);
    if (!address) {
        errors.add(where, in_quotes(text) + " is not a backend; one is " +
                              range_text(*find_key("pool.NAME.backends", "address")));
    } else if (address->what != endpoint::kind::unix_path && address->port == 0) {
        errors.add(where, in_quotes(text) + ": a backend's port is 1 to 65535");
        address.reset();
    }
    return address;
}

std::optional<backend_options> read_backend(const document_node& node, const written_at& where,
                                            diagnostics& errors)
{
    backend_options backend;
    backend.where = where.position();
    std::optional<endpoint> address;
    if (node.kind == node_kind::text) {
        address = read_backend_address(node.text, where, errors);
    } else if (node.kind == node_kind::table) {
        const table_reader table(node, {"pool.NAME.backends", where.key, *where.file, errors});
        table.read("weight", backend.weight);
        std::string text;
        table.read("address", text);
        const auto* written = table.find("address");
        if (written != nullptr && written->kind == node_kind::text) {
            address = read_backend_address(text, table.where("address"), errors);
        }
    } else {
        errors.add(where, "wants \"HOST:PORT\" or { address = \"HOST:PORT\", weight = 1 }, not " +
                              std::string(kind_text(node.kind)));
    }
    if (!address) {
        return std::nullopt;
    }
    backend.address = *address;
    return backend;
}

void read_backends(const table_reader& table, pool_options& pool)
{
    const auto* node = table.find("backends");
    if (node == nullptr) {
        return;
    }
    if (node->kind != node_kind::array) {
        table.report("backends", "wants an array: [\"HOST:PORT\", ...]");
        return;
    }
    if (node->items.empty()) {
        table.report("backends", "a pool needs at least one backend");
    }
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const auto where = table.where_item("backends", i);
        const auto backend = read_backend(node->items[i], where, table.errors());
        if (!backend) {
            continue;
        }
        if (!seen.insert(backend->address.text).second) {
            table.errors().add(where,
                               backend->address.text + " is listed twice; to send it more, give it a weight");
            continue;
        }
        pool.backends.push_back(*backend);
    }
}

std::string problem_of_source_text(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = parse_ip_address(text.substr(0, slash));
    if (address && slash != text.npos) {
        for (unsigned length = 0; length <= (address->is_v6 ? 128u : 32u); ++length) {
            if (text.substr(slash + 1) == std::to_string(length)) {
                const cidr block{network_of(*address, length), static_cast<std::uint8_t>(length)};
                return in_quotes(text) + " has address bits behind its prefix; the block is " +
                       to_string(block);
            }
        }
    }
    return in_quotes(text) + " is not an address or a block such as \"10.0.1.5\" or \"10.0.1.0/28\"";
}

// Whether a socket could not be bound to an address of the block: unspecified, multicast or broadcast.
bool is_undiallable(const cidr& block)
{
    constexpr std::array<std::string_view, 4> blocks{"0.0.0.0", "224.0.0.0/3", "::", "ff00::/8"};
    return std::ranges::any_of(blocks, [&](auto text) { return overlaps(block, *parse_cidr(text)); });
}

bool has_backend_for(const pool_options& pool, const cidr& block)
{
    return std::ranges::any_of(pool.backends, [&](const auto& backend) {
        const auto& address = backend.address;
        return address.what == endpoint::kind::name ||
               (address.what == endpoint::kind::ip && address.ip.is_v6 == block.address.is_v6);
    });
}

std::string problem_of_source(const pool_options& pool, const cidr& block)
{
    const auto text = to_string(block);
    if (is_undiallable(block)) {
        return text + " holds addresses that nothing can be dialled from";
    }
    for (const auto& other : pool.source) {
        if (overlaps(block, other)) {
            return text + " overlaps " + to_string(other) + ", which is listed already";
        }
    }
    if (!pool.backends.empty() && !has_backend_for(pool, block)) {
        return text + " has no use: no backend of the pool is dialled over " +
               (block.address.is_v6 ? "IPv6" : "IPv4");
    }
    return "";
}

void read_source(const table_reader& table, pool_options& pool)
{
    std::uint64_t total = 0;
    for (const auto& item : table.texts("source")) {
        const auto block = parse_cidr(item.text);
        const auto problem = block ? problem_of_source(pool, *block) : problem_of_source_text(item.text);
        if (!problem.empty()) {
            table.errors().add(item.where, problem);
            continue;
        }
        total += std::min(address_count(*block), max_source_addresses + 1);
        if (total > max_source_addresses) {
            table.errors().add(item.where, "a pool has at most 4096 source addresses; with " +
                                               to_string(*block) + " they are more");
            return;
        }
        pool.source.push_back(*block);
    }
    const auto* node = table.find("source");
    if (node != nullptr && node->kind == node_kind::array && node->items.empty()) {
        table.report("source", "is empty; leave it out to let the kernel choose the address");
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
    pool.balance = static_cast<balance_kind>(table.choice("balance").value_or(0));
    read_source(table, pool);
    table.read("connect_timeout", pool.connect_timeout);
    table.read("response_timeout", pool.response_timeout);
    table.read("backoff", pool.backoff);
    // A longer first back-off alone raises the bound with it.
    pool.max_backoff = std::max(pool.max_backoff, pool.backoff);
    table.read("max_backoff", pool.max_backoff);
    if (pool.max_backoff < pool.backoff) {
        table.report("max_backoff", format_duration(pool.max_backoff) +
                                        " is shorter than backoff, which is " +
                                        format_duration(pool.backoff));
    }
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
