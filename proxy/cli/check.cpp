#include "proxy/cli/check.hpp"

#include "proxy/cli/read_checked.hpp"
#include "proxy/discovery/file_members.hpp"
#include "proxy/http/service.hpp"
#include "proxy/plan/route_check.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace fairlead::cli {
namespace {

std::shared_ptr<const http::service> build_or_report(const conf::config& config,
                                                     const http::lasting_counts& counts)
{
    try {
        return http::service::build(config, counts, 1);
    } catch (const std::runtime_error& problems) {
        std::cerr << problems.what();
        return nullptr;
    }
}

std::vector<std::string> warnings_about_tls(const http::service& built)
{
    std::vector<std::string> out;
    const auto add = [&](const std::vector<std::string>& more) {
        out.insert(out.end(), more.begin(), more.end());
    };
    for (const auto& each : built.listener_tls) {
        if (each) add(each->warnings());
    }
    for (const auto& pool : built.pools) {
        if (pool->tls() != nullptr) add(pool->tls()->warnings());
    }
    if (!built.config.tls.key_log.empty())
        out.emplace_back("tls.key_log is set: it makes all connections readable");
    return out;
}

// A file may come later than the configuration, and names are for those who run: neither is an error here.
std::vector<std::string> warnings_about_members(const conf::config& config)
{
    std::vector<std::string> out;
    for (const conf::pool_options& pool : config.pools) {
        if (!pool.discover || pool.discover->from != conf::member_origin::file) continue;
        const auto found = discovery::read_members_file(pool.discover->file, pool.discover->max_members);
        if (found.failure)
            out.push_back("pool." + pool.name + ".discover: " + pool.discover->file + ": " + found.problem);
    }
    return out;
}

} // namespace

int check(const std::string& config_file)
{
    const auto host = read_host_facts();
    const conf::read_result read = read_checked(config_file, host);
    if (!read.ok()) return EXIT_FAILURE;
    // What only the proxy can judge, such as the regexes of routes together.
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    const auto built = build_or_report(read.value, {backends, ledger, routes});
    if (!built) return EXIT_FAILURE;
    for (const auto& warning : warnings_about_tls(*built))
        std::cerr << config_file << ": warning: " << warning << '\n';
    for (const auto& warning : warnings_about_members(read.value))
        std::cerr << config_file << ": warning: " << warning << '\n';
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
