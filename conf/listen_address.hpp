// Reads the key `address` of something that listens.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

#include <optional>
#include <vector>

namespace fairlead::conf {

std::optional<endpoint> read_listen_address(const table_reader& table); // nothing: absent, or reported

// Whether the address is taken, which is reported; port 0 stands for any free port and never is.
bool report_shared_address(const table_reader& table, const endpoint& address,
                           const std::vector<listen_options>& listeners);

} // namespace fairlead::conf
