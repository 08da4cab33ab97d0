#include "proxy/log/line_writer.hpp"

#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace fairlead;
using log::line_writer;

namespace {

void ignore(const std::string&) {}

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
        line_writer writer(path, "log", ignore);
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

TEST_CASE("what comes after the end is dropped and counted")
{
    conf::scratch_folder folder;
    const auto path = (folder.path() / "log").string();
    line_writer writer(path, "log", ignore);
    std::string line = "in time\n";
    CHECK(writer.submit(line));
    writer.finish();
    line = "late\nlate\n";
    CHECK_FALSE(writer.submit(line));
    CHECK(writer.dropped() == 2);
    writer.finish();
    CHECK(read_file(path) == "in time\n");
}

TEST_CASE("a log that cannot be opened is said so at once")
{
    CHECK_THROWS_AS(line_writer("/nonexistent-folder/access.log", "log", ignore), std::system_error);
}

TEST_CASE("off means no thread and no file")
{
    line_writer writer("off", "log", ignore);
    CHECK(writer.is_off());
}

TEST_CASE("a full disk costs its lines, which are counted and told once, and stops nobody")
{
    std::vector<std::string> told;
    line_writer writer("/dev/full", "log", [&](const std::string& what) { told.push_back(what); });
    for (int i = 0; i < 100; ++i) {
        std::string lines = std::string(50'000, 'x') + "\n" + std::string(50'000, 'y') + "\n";
        writer.submit(lines);
        CHECK(lines.empty());
    }
    writer.flush(std::chrono::seconds(10));
    CHECK(writer.dropped() == 200);
    CHECK(told == std::vector<std::string>{"log: No space left on device; lines are lost"});
}

// A limit stands in for a disk: what fits is taken, the rest of a write is not.
TEST_CASE("a line that the disk took in part is finished first, when there is room again")
{
    conf::scratch_folder folder;
    const std::string path = (folder.path() / "log").string();
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
    const rlimit full{25, usual.rlim_max};
    std::uint64_t dropped = 0;
    {
        line_writer writer(path, "log", ignore);
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
        std::string lines = "0123456789\nabcdefghij\nABCDEFGHIJ\nlost\nlost\n";
        writer.submit(lines);
        writer.flush(std::chrono::seconds(10));
        lines = "lost too\n";
        writer.submit(lines);
        writer.flush(std::chrono::seconds(10));
        dropped = writer.dropped();
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &usual) == 0);
        lines = "the last\n";
        writer.submit(lines);
    }
    std::signal(SIGXFSZ, before);
    CHECK(dropped == 3);
    CHECK(read_file(path) == "0123456789\nabcdefghij\nABCDEFGHIJ\nthe last\n");
}

TEST_CASE("after a rename and reopen() lines go to a new file, and none is lost or split")
{
    conf::scratch_folder folder;
    const auto path = folder.path() / "log";
    std::string all;
    {
        line_writer writer(path.string(), "log", ignore);
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i < 500; ++i) {
                std::string line = std::to_string(round) + "." + std::to_string(i) + "\n";
                all += line;
                REQUIRE(writer.submit(line));
            }
            std::filesystem::rename(path, path.string() + std::to_string(round));
            writer.reopen();
            std::string first = "first of round " + std::to_string(round) + "\n";
            all += first;
            REQUIRE(writer.submit(first));
            writer.flush(std::chrono::seconds(10));
            REQUIRE(std::filesystem::exists(path));
        }
    }
    std::string found;
    std::string first_of_it;
    for (int round = 0; round < 20; ++round) {
        const std::string part = read_file(path.string() + std::to_string(round));
        CHECK(part.starts_with(first_of_it));
        CHECK(part.ends_with("\n" + std::to_string(round) + ".499\n"));
        first_of_it = "first of round " + std::to_string(round) + "\n";
        found += part;
    }
    CHECK(found + read_file(path.string()) == all);
}

TEST_CASE("a path that cannot be opened again leaves the old file in use, and that is told")
{
    conf::scratch_folder folder;
    const auto path = folder.path() / "below" / "log";
    std::filesystem::create_directory(path.parent_path());
    std::vector<std::string> told;
    const auto moved = folder.path() / "elsewhere";
    {
        line_writer writer(path.string(), "access log",
                           [&](const std::string& what) { told.push_back(what); });
        std::string line = "before\n";
        writer.submit(line);
        writer.flush(std::chrono::seconds(10));
        std::filesystem::rename(path.parent_path(), moved);
        writer.reopen();
        line = "after\n";
        writer.submit(line);
    }
    REQUIRE(told.size() == 1);
    CHECK(told[0] == "access log: cannot open '" + path.string() +
                         "' again: No such file or directory; the old file stays in use");
    CHECK(read_file((moved / "log").string()) == "before\nafter\n");
}

TEST_CASE("a pipe that nobody reads holds up neither the caller nor, for more than seconds, the end")
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto begun = std::chrono::steady_clock::now();
    {
        line_writer writer("/proc/self/fd/" + std::to_string(ends[1]), "log", ignore);
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
        line_writer writer("/proc/self/fd/" + std::to_string(ends[1]), "log", ignore);
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
