// When a second backend is asked too: the key `hedge` of a pool.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::conf {

// "p95" or "p99.9", as per mille: 950, 999. Nothing where it is none from p50 to p99.9.
std::optional<std::uint32_t> parse_quantile(std::string_view text);

// `table` is the pool's; its `retry` has been read.
void read_hedge(const table_reader& table, pool_options& pool);

} // namespace fairlead::conf
