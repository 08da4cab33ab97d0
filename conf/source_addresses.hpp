// The lists of addresses that connections are dialled from: `source` of a pool, `addresses` of [source].
#pragma once

#include "conf/host_facts.hpp"
#include "conf/model.hpp"
#include "conf/table_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// "client" or "client_port" where the key is written as one of them.
std::optional<transparency> read_transparency(const table_reader& table, std::string_view name);

// At most this many source addresses in a pool: each holds a port range of its own for every backend.
inline constexpr std::uint64_t max_source_addresses = 4'096;

// What the addresses have to fit.
struct source_context
{
    const std::vector<network_interface>& interfaces;
    const pool_options* pool; // null for [source]: any family will do
};

// The blocks of the list `name`, "interface:NAME" as that one's addresses: none overlaps another, and each is
// of use to the pool's backends. What is wrong is reported and left out.
std::vector<cidr> read_source_addresses(const table_reader& table, std::string_view name,
                                        const source_context& context);

// What is wrong with a text that is not a block; `wanted` names what would be right.
std::string problem_of_block(std::string_view text, std::string_view wanted);

// Whether some backend of the pool is, or may be, dialled over the block's family.
bool has_backend_for(const pool_options& pool, const cidr& block);

} // namespace fairlead::conf
