// Reading a configuration against this machine, as every command does it: errors go to stderr, all at once.
#pragma once

#include "conf/host_facts.hpp"
#include "conf/read_config.hpp"

#include <string>
#include <vector>

namespace fairlead::cli {

conf::host_facts read_host_facts();

// On stderr, with their number behind them; nothing when there are none.
void print_errors(const std::vector<conf::config_error>& errors);

// Its errors have been printed; not ok() when there were some.
conf::read_result read_checked(const std::string& config_file, const conf::host_facts& host);

} // namespace fairlead::cli
