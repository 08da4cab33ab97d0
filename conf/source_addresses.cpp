#include "conf/source_addresses.hpp"

#include "conf/suggestion.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace fairlead::conf {

namespace {

std::optional<transparency> transparency_of(std::string_view text)
{
    if (text == "client") {
        return transparency::address;
    }
    return text == "client_port" ? std::optional(transparency::address_and_port) : std::nullopt;
}

std::string problem_of_source_text(std::string_view text)
{
    if (transparency_of(text)) {
        return in_quotes(text) + " stands alone, not in a list: source = " + in_quotes(text);
    }
    return problem_of_block(text,
                            "an address, a block or an interface such as \"10.0.1.5\", \"10.0.1.0/28\" or "
                            "\"interface:eth0\", nor \"client\" or \"client_port\"");
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

// The addresses of the interface that a backend of the pool is dialled over, as blocks.
std::vector<cidr> usable_addresses(const network_interface& from, const pool_options* pool)
{
    std::vector<cidr> out;
    for (const auto& address : from.addresses) {
        const cidr block{address, static_cast<std::uint8_t>(address.is_v6 ? 128 : 32)};
        if (pool == nullptr || pool->backends.empty() || has_backend_for(*pool, block)) {
            out.push_back(block);
        }
    }
    return out;
}

std::string unknown_interface(std::string_view name, const std::vector<network_interface>& interfaces)
{
    std::vector<std::string_view> names;
    for (const auto& each : interfaces) {
        names.push_back(each.name);
    }
    return "there is no interface " + in_quotes(name) + " here" + did_you_mean(name, names);
}

// One list while it is read.
class address_list
{
public:
    address_list(const table_reader& table, const source_context& context)
        : table_(table)
        , context_(context)
    {}

    void add(const listed_text& item);
    std::vector<cidr> take() { return std::move(listed_); }

private:
    void add_interface(std::string_view name, const written_at& where);
    void add_block(const cidr& block, const written_at& where);

    const table_reader& table_;
    const source_context& context_;
    std::vector<cidr> listed_;
    std::uint64_t total_ = 0;
};

void address_list::add(const listed_text& item)
{
    constexpr std::string_view interface_prefix = "interface:";
    if (item.text.starts_with(interface_prefix)) {
        add_interface(item.text.substr(interface_prefix.size()), item.where);
    } else if (const auto block = parse_cidr(item.text)) {
        add_block(*block, item.where);
    } else {
        table_.errors().add(item.where, problem_of_source_text(item.text));
    }
}

void address_list::add_interface(std::string_view name, const written_at& where)
{
    const auto found = std::ranges::find(context_.interfaces, name, &network_interface::name);
    if (found == context_.interfaces.end()) {
        table_.errors().add(where, unknown_interface(name, context_.interfaces));
        return;
    }
    const auto blocks = usable_addresses(*found, context_.pool);
    if (blocks.empty()) {
        table_.errors().add(where, "interface " + in_quotes(name) + " has no address to dial a backend from");
    }
    for (const auto& block : blocks) {
        add_block(block, where);
    }
}

void address_list::add_block(const cidr& block, const written_at& where)
{
    if (total_ > max_source_addresses) {
        return; // told already
    }
    const auto problem = problem_of_source(block, listed_, context_.pool);
    if (!problem.empty()) {
        table_.errors().add(where, problem);
        return;
    }
    total_ += std::min(address_count(block), max_source_addresses + 1);
    if (total_ > max_source_addresses) {
        table_.errors().add(where, "a pool has at most 4096 source addresses; with " + to_string(block) +
                                       " they are more");
        return;
    }
    listed_.push_back(block);
}

} // namespace

std::string problem_of_block(std::string_view text, std::string_view wanted)
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
    return in_quotes(text) + " is not " + std::string(wanted);
}

bool has_backend_for(const pool_options& pool, const cidr& block)
{
    if (pool.discover) return true; // whose addresses are known when it runs
    return std::ranges::any_of(pool.backends, [&](const auto& backend) {
        const auto& address = backend.address;
        return address.what == endpoint::kind::name ||
               (address.what == endpoint::kind::ip && address.ip.is_v6 == block.address.is_v6);
    });
}

std::optional<transparency> read_transparency(const table_reader& table, std::string_view name)
{
    const auto* node = table.find(name);
    return node != nullptr && node->kind == node_kind::text ? transparency_of(node->text) : std::nullopt;
}

std::vector<cidr> read_source_addresses(const table_reader& table, std::string_view name,
                                        const source_context& context)
{
    address_list list(table, context);
    for (const auto& item : table.texts(name)) {
        list.add(item);
    }
    const auto* node = table.find(name);
    if (node != nullptr && node->kind == node_kind::array && node->items.empty()) {
        table.report(name, "is empty; leave it out to let the kernel choose the address");
    }
    return list.take();
}

} // namespace fairlead::conf
