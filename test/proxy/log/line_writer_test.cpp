#include "proxy/log/line_writer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <unistd.h>

using fairlead::log::line_writer;

namespace {

std::string read_file(const std::string& path)
{
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

} // namespace

TEST_CASE("lines reach the file in order, and the writer's end waits for them")
{
    char path[] = "/tmp/fairlead-log-XXXXXX";
    const int fd = ::mkstemp(path);
    REQUIRE(fd >= 0);
    ::close(fd);
    std::string expected;
    {
        line_writer writer(path);
        for (int i = 0; i < 1000; ++i) {
            std::string line = "line " + std::to_string(i) + "\n";
            expected += line;
            CHECK(writer.submit(line));
            CHECK(line.empty());
        }
    }
    CHECK(read_file(path) == expected);
    ::unlink(path);
}

TEST_CASE("a log that cannot be opened is said so at once")
{
    CHECK_THROWS_AS(line_writer("/nonexistent-folder/access.log"), std::system_error);
}

TEST_CASE("off means no thread and no file")
{
    line_writer writer("off");
    CHECK(writer.is_off());
}

TEST_CASE("a full disk costs its lines and stops neither the caller nor the end")
{
    line_writer writer("/dev/full");
    for (int i = 0; i < 100; ++i) {
        std::string lines(100'000, 'x');
        writer.submit(lines);
        CHECK(lines.empty());
    }
}

TEST_CASE("a pipe that nobody reads holds up neither the caller nor, for more than seconds, the end")
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto begun = std::chrono::steady_clock::now();
    {
        line_writer writer("/proc/self/fd/" + std::to_string(ends[1]));
        for (int i = 0; i < 100; ++i) {
            std::string lines(100'000, 'x');
            writer.submit(lines);
        }
    }
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("more than 8 MiB waiting for a reader are refused")
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    {
        line_writer writer("/proc/self/fd/" + std::to_string(ends[1]));
        int refused = 0;
        for (int i = 0; i < 200; ++i) {
            std::string lines(100'000, 'x');
            refused += writer.submit(lines) ? 0 : 1;
        }
        CHECK(refused > 0);
    }
    ::close(ends[0]);
    ::close(ends[1]);
}
