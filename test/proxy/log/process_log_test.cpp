#include "proxy/log/process_log.hpp"

#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <spdlog/spdlog.h>

#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

using namespace fairlead;

namespace {

struct restored_logger
{
    std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
    ~restored_logger() { spdlog::set_default_logger(before); }
};

std::vector<std::string> messages(const std::filesystem::path& path)
{
    std::vector<std::string> out;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);)
        out.push_back(line.substr(25));
    return out;
}

} // namespace

TEST_CASE("it has what is logged, from its level on, until its end")
{
    const restored_logger afterwards;
    conf::scratch_folder folder;
    const auto path = folder.path() / "log";
    {
        const log::process_log log({.level = conf::log_level::warn, .target = path.string()});
        spdlog::info("not wanted");
        spdlog::warn("wanted");
        log::set_log_level(conf::log_level::debug);
        spdlog::debug("wanted too");
    }
    spdlog::error("too late");
    CHECK(messages(path) == std::vector<std::string>{"warn wanted", "debug wanted too"});
}

TEST_CASE("a text of several lines is as many lines of the log")
{
    const restored_logger afterwards;
    conf::scratch_folder folder;
    const auto path = folder.path() / "log";
    {
        const log::process_log log({.target = path.string()});
        log::report_error_lines("a.toml:1:2: error\n   1 | x = \n     | ^\n");
        log::report_error_lines("");
    }
    CHECK(messages(path) ==
          std::vector<std::string>{"error a.toml:1:2: error", "error    1 | x = ", "error      | ^"});
}

TEST_CASE("a file that cannot be opened is said at once")
{
    CHECK_THROWS_AS(log::process_log({.target = "/nonexistent-folder/log"}), std::system_error);
}
