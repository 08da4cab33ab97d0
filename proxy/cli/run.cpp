#include "proxy/cli/run.hpp"

#include "conf/read_config.hpp"
#include "proxy/cli/read_checked.hpp"
#include "proxy/log/stderr_sink.hpp"
#include "proxy/server/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace fairlead::cli {
namespace {

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

} // namespace

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
    conf::read_result read = read_checked(config_file, read_host_facts());
    if (!read.ok()) return EXIT_FAILURE;
    set_up_log(read.value.log);
    // The supervisor logs the errors of a reload itself.
    const auto source = [config_file] { return conf::read_config(config_file, read_host_facts()); };
    server::supervisor process(std::move(read.value), source);
    return process.run();
}

} // namespace fairlead::cli
