// When a request that failed is sent again: the key `retry` of a pool.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// `table` is the pool's.
void read_retry(const table_reader& table, pool_options& pool);

} // namespace fairlead::conf
