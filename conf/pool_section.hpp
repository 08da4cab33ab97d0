// [pool.NAME]: the backends, and the source addresses they are dialled from.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// At most this many source addresses in a pool: each holds a port range of its own for every backend.
inline constexpr std::uint64_t max_source_addresses = 4'096;

// Appends every pool of `top`, which may be any file's top level.
void read_pools(const table_reader& top, config_draft& draft);

} // namespace fairlead::conf
