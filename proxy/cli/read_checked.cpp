#include "proxy/cli/read_checked.hpp"

#include "proxy/net/interfaces.hpp"
#include "proxy/net/transparent.hpp"
#include "proxy/snat/port_range.hpp"

#include <iostream>

namespace fairlead::cli {

conf::host_facts read_host_facts()
{
    return {snat::read_host_ports(), net::read_interfaces(), net::transparent_problem()};
}

conf::read_result read_checked(const std::string& config_file, const conf::host_facts& host)
{
    auto read = conf::read_config(config_file, host);
    print_errors(read.errors);
    return read;
}

void print_errors(const std::vector<conf::config_error>& errors)
{
    for (const auto& error : errors)
        std::cerr << conf::format_error(error) << '\n';
    if (!errors.empty()) std::cerr << errors.size() << (errors.size() == 1 ? " error\n" : " errors\n");
}

} // namespace fairlead::cli
