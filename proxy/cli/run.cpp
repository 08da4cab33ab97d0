#include "proxy/cli/run.hpp"

#include "conf/read_config.hpp"
#include "proxy/cli/core_dumps.hpp"
#include "proxy/cli/hijack_warnings.hpp"
#include "proxy/cli/identity.hpp"
#include "proxy/cli/read_checked.hpp"
#include "proxy/log/process_log.hpp"
#include "proxy/net/transparent.hpp"
#include "proxy/server/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

namespace fairlead::cli {
namespace {

// What the kernel would do to the backends' answers, which an operator would look for in vain.
void warn_of_path_filters(const conf::config& config)
{
    const bool is_transparent = std::ranges::any_of(
        config.pools, [](const auto& pool) { return pool.transparent != conf::transparency::off; });
    if (!is_transparent) return;
    for (const auto& interface : net::interfaces_that_drop_answers(net::read_path_filters()))
        spdlog::warn(
            "interface {}: rp_filter=1 with src_valid_mark=1 drops what backends answer to clients' own "
            "addresses; set net.ipv4.conf.{}.src_valid_mark=0 or rp_filter=2",
            interface, interface);
}

} // namespace

int run(const run_options& options)
{
    if (!options.core_dumps) forbid_core_dumps(); // before any key is read
    const std::string& config_file = options.config;
    // The supervisor logs the errors of a reload itself.
    const auto source = [config_file] { return conf::read_config(config_file, read_host_facts()); };
    identified_config started = read_as_configured({source, proxy_privileges});
    conf::read_result& read = started.read;
    if (!print_errors(started)) return EXIT_FAILURE;
    server::forbid_new_privileges();
    log::process_log log(read.value.log);
    log_identity(started);
    warn_of_path_filters(read.value);
    for (const auto& each : warnings_about_hijacking(read.value))
        spdlog::warn("{}", each);
    server::supervisor process(std::move(read.value), source, log.writer());
    return process.run();
}

} // namespace fairlead::cli
