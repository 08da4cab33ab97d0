#include "proxy/server/log_reopening.hpp"

#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>

using namespace fairlead;

TEST_CASE("SIGUSR1 opens the files of all logs again, each time")
{
    conf::scratch_folder folder;
    const auto a = folder.path() / "a", b = folder.path() / "b";
    log::line_writer first(a.string(), "a", [](const std::string&) {});
    log::line_writer second(b.string(), "b", [](const std::string&) {});
    net::asio::io_context io;
    const server::log_reopening reopening(io, {&first, &second});
    for (int round = 0; round < 2; ++round) {
        std::filesystem::remove(a);
        std::filesystem::remove(b);
        REQUIRE(std::raise(SIGUSR1) == 0);
        do { // a signal comes to its handler by way of a pipe
            REQUIRE(io.run_one_for(std::chrono::seconds(10)) == 1);
            first.flush(std::chrono::seconds(10));
        } while (!std::filesystem::exists(a));
        for (auto* const each : {&first, &second}) {
            std::string line = "x\n";
            each->submit(line);
            each->flush(std::chrono::seconds(10));
        }
        CHECK(std::filesystem::file_size(a) == 2);
        CHECK(std::filesystem::file_size(b) == 2);
    }
}
