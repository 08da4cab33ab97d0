#include "proxy/cli/run.hpp"

#include "conf/read_config.hpp"
#include "proxy/http/service.hpp"
#include "proxy/log/stderr_sink.hpp"
#include "proxy/net/interfaces.hpp"
#include "proxy/net/transparent.hpp"
#include "proxy/server/supervisor.hpp"
#include "proxy/snat/port_range.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

namespace fairlead::cli {
namespace {

conf::read_result read_with_host(const std::string& config_file)
{
    return conf::read_config(config_file,
                             {snat::read_host_ports(), net::read_interfaces(), net::transparent_problem()});
}

spdlog::level::level_enum to_level(conf::log_level level)
{
    switch (level) {
    case conf::log_level::debug: return spdlog::level::debug;
    case conf::log_level::info: return spdlog::level::info;
    case conf::log_level::warn: return spdlog::level::warn;
    case conf::log_level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

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

bool print_errors(const conf::read_result& read)
{
    for (const auto& error : read.errors)
        std::cerr << conf::format_error(error) << '\n';
    if (!read.ok()) std::cerr << read.errors.size() << (read.errors.size() == 1 ? " error\n" : " errors\n");
    return !read.ok();
}

void set_up_log(const conf::log_options& options)
{
    auto logger = std::make_shared<spdlog::logger>("fairlead", std::make_shared<log::stderr_sink>());
    logger->set_level(to_level(options.level));
    if (options.format == conf::log_format::json)
        logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%v"})");
    else
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
    spdlog::set_default_logger(std::move(logger));
}

int run(const std::string& config_file)
{
    const auto source = [config_file] { return read_with_host(config_file); };
    conf::read_result read = source();
    if (print_errors(read)) return EXIT_FAILURE;
    set_up_log(read.value.log);
    warn_of_path_filters(read.value);
    server::supervisor process(std::move(read.value), source);
    return process.run();
}

int check(const std::string& config_file)
{
    const conf::read_result read = read_with_host(config_file);
    if (print_errors(read)) return EXIT_FAILURE;
    // What only the proxy can judge, such as the regexes of routes together.
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    (void)http::service::build(read.value, backends, ledger, 1);
    std::size_t backend_count = 0;
    for (const auto& pool : read.value.pools)
        backend_count += pool.backends.size();
    std::cout << config_file << ": ok: " << read.value.listeners.size() << " listeners, "
              << read.value.routes.size() << " routes, " << read.value.pools.size() << " pools, "
              << backend_count << " backends\n";
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
