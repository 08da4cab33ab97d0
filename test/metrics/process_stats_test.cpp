#include "metrics/process_stats.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fairlead::metrics {

TEST_CASE("open descriptors are counted exactly")
{
    const auto before = read_process_stats().open_fds;
    REQUIRE(before.has_value());
    std::vector<int> opened;
    for (int i = 0; i < 5; ++i)
        opened.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(read_process_stats().open_fds == *before + 5);
    for (const int fd : opened)
        ::close(fd);
    CHECK(read_process_stats().open_fds == *before);
}

TEST_CASE("the descriptor limit is the soft limit")
{
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(read_process_stats().max_fds == limit.rlim_cur);
}

TEST_CASE("memory is in bytes and CPU time does not go back")
{
    const process_stats first = read_process_stats();
    REQUIRE(first.resident_bytes.has_value());
    CHECK(*first.resident_bytes > 1024 * 1024);
    REQUIRE(first.virtual_bytes.has_value());
    CHECK(*first.virtual_bytes > *first.resident_bytes);
    REQUIRE(first.cpu_s.has_value());
    CHECK(*read_process_stats().cpu_s >= *first.cpu_s);
}

TEST_CASE("the start time is in the past, stays the same, and is no more than an hour ago for a test")
{
    const auto start_s = process_start_time_s();
    REQUIRE(start_s.has_value());
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    CHECK(*start_s <= now.count() + 2); // the boot time it is counted from has whole seconds
    CHECK(*start_s > now.count() - 3600);
    CHECK(process_start_time_s() == start_s);
}

} // namespace fairlead::metrics
