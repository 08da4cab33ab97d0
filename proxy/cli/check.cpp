#include "proxy/cli/check.hpp"

#include "proxy/cli/read_checked.hpp"
#include "proxy/http/service.hpp"
#include "proxy/plan/route_check.hpp"

#include <cstdlib>
#include <iostream>

namespace fairlead::cli {

int check(const std::string& config_file)
{
    const auto host = read_host_facts();
    const conf::read_result read = read_checked(config_file, host);
    if (!read.ok()) return EXIT_FAILURE;
    // What only the proxy can judge, such as the regexes of routes together.
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    (void)http::service::build(read.value, {backends, ledger, routes}, 1);
    const auto verdict = plan::check_routes(read.value, host);
    print_errors(verdict.errors);
    for (const auto& warning : verdict.warnings)
        std::cerr << config_file << ": warning: " << warning << '\n';
    if (!verdict.errors.empty()) return EXIT_FAILURE;
    std::size_t backend_count = 0;
    for (const auto& pool : read.value.pools)
        backend_count += pool.backends.size();
    std::cout << config_file << ": ok: " << read.value.listeners.size() << " listeners, "
              << read.value.routes.size() << " routes, " << read.value.pools.size() << " pools, "
              << backend_count << " backends\n";
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
