#include "conf/source_addresses.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace fairlead::conf {

namespace {

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

std::string problem_of_source(const cidr& block, const std::vector<cidr>& listed, const pool_options* pool)
{
    const auto text = to_string(block);
    if (is_undiallable(block)) {
        return text + " holds addresses that nothing can be dialled from";
    }
    for (const auto& other : listed) {
        if (overlaps(block, other)) {
            return text + " overlaps " + to_string(other) + ", which is listed already";
        }
    }
    if (pool != nullptr && !pool->backends.empty() && !has_backend_for(*pool, block)) {
        return text + " has no use: no backend of the pool is dialled over " +
               (block.address.is_v6 ? "IPv6" : "IPv4");
    }
    return "";
}

} // namespace

bool has_backend_for(const pool_options& pool, const cidr& block)
{
    return std::ranges::any_of(pool.backends, [&](const auto& backend) {
        const auto& address = backend.address;
        return address.what == endpoint::kind::name ||
               (address.what == endpoint::kind::ip && address.ip.is_v6 == block.address.is_v6);
    });
}

std::vector<cidr> read_source_addresses(const table_reader& table, std::string_view name,
                                        const pool_options* pool)
{
    std::vector<cidr> listed;
    std::uint64_t total = 0;
    for (const auto& item : table.texts(name)) {
        const auto block = parse_cidr(item.text);
        const auto problem =
            block ? problem_of_source(*block, listed, pool) : problem_of_source_text(item.text);
        if (!problem.empty()) {
            table.errors().add(item.where, problem);
            continue;
        }
        total += std::min(address_count(*block), max_source_addresses + 1);
        if (total > max_source_addresses) {
            table.errors().add(item.where, "a pool has at most 4096 source addresses; with " +
                                               to_string(*block) + " they are more");
            return listed;
        }
        listed.push_back(*block);
    }
    const auto* node = table.find(name);
    if (node != nullptr && node->kind == node_kind::array && node->items.empty()) {
        table.report(name, "is empty; leave it out to let the kernel choose the address");
    }
    return listed;
}

} // namespace fairlead::conf
