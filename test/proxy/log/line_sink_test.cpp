#include "proxy/log/line_sink.hpp"

#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <spdlog/logger.h>

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

using namespace fairlead;

namespace {

std::string logged(log::line_style style, auto log)
{
    conf::scratch_folder folder;
    const auto path = folder.path() / "log";
    {
        const auto writer =
            std::make_shared<log::line_writer>(path.string(), "log", [](const std::string&) {});
        spdlog::logger logger("test", std::make_shared<log::line_sink>(writer, style));
        logger.set_level(spdlog::level::debug);
        log(logger);
    }
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace

TEST_CASE("a line of text has time, level and message, and is one line whatever the message is")
{
    const auto text = logged({}, [](auto& log) { log.warn("a {} b", "\x1b[2J\n2026 error forged\xff\"\\"); });
    REQUIRE(text.size() > 25);
    CHECK(text.substr(10, 1) == "T");
    CHECK(text.substr(23) == "Z warn a \\x1b[2J\\x0a2026 error forged\\xff\"\\ b\n");
}

TEST_CASE("a line of JSON is valid whatever the message is")
{
    const auto text = logged({conf::log_format::json}, [](auto& log) {
        log.error("a \"{}\" b", "\n\"},{\xff\\");
        log.debug("fine");
    });
    const auto end = text.find('\n');
    const auto first = boost::json::parse(text.substr(0, end)).as_object();
    CHECK(boost::json::value_to<std::string>(first.at("level")) == "error");
    CHECK(boost::json::value_to<std::string>(first.at("message")) == "a \"\n\"},{\u00ff\\\" b");
    CHECK(boost::json::parse(text.substr(end + 1)).at("level").as_string() == "debug");
}

TEST_CASE("colours are of the level alone, where they are wanted")
{
    const auto text = logged({conf::log_format::text, true}, [](auto& log) { log.error("broken"); });
    CHECK(text.substr(25) == "\x1b[31merror\x1b[0m broken\n");
}

TEST_CASE("a flush waits for what was logged")
{
    conf::scratch_folder folder;
    const auto path = folder.path() / "log";
    const auto writer = std::make_shared<log::line_writer>(path.string(), "log", [](const std::string&) {});
    spdlog::logger logger("test", std::make_shared<log::line_sink>(writer, log::line_style{}));
    logger.info("x");
    logger.flush();
    CHECK(std::filesystem::file_size(path) == 32);
}
