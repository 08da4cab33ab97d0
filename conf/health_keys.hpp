// How backends are checked and what follows from it: the keys `health`, `eject`, `slow_start` and
// `dead_tunnels` of a pool, and what the checks of n-Path services share with them.
//
// Checks what the text alone can tell; nothing is asked of a backend here.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// Of a `health` table. The kind follows from `path` where it is not written.
check_kind read_check_kind(const table_reader& table);
void read_check_path(const table_reader& table, check_kind kind, std::string& path);
void read_check_port(const table_reader& table, std::uint16_t& port);
void read_check_timing(const table_reader& table, check_timing& timing);

// "200-299, 304"; nothing when it is not that.
std::optional<std::vector<status_range>> parse_statuses(std::string_view text);

// A share such as "50%". Reports what is not one.
void read_percent(const table_reader& table, std::string_view name, std::uint32_t& target);

// `table` is the pool's; its backends have been read.
void read_pool_health(const table_reader& table, pool_options& pool);

} // namespace fairlead::conf
