#include "metrics/process_stats.hpp"

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace fairlead::metrics {
namespace {

std::optional<double> cpu_time_s()
{
    timespec used{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return std::nullopt;
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void read_memory(process_stats& into)
{
    std::ifstream file{"/proc/self/statm"};
    std::uint64_t size_pages = 0;
    std::uint64_t resident_pages = 0;
    if (!(file >> size_pages >> resident_pages)) return;
    const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    into.resident_bytes = resident_pages * page_bytes;
    into.virtual_bytes = size_pages * page_bytes;
}

std::optional<std::uint64_t> open_fds()
{
    // Since Linux 6.2 the size of this directory is the number of descriptors; before, it is 0 and walking it
    // costs a system call per few dozen entries and a formatted name for each.
    struct stat directory
    {};
    if (::stat("/proc/self/fd", &directory) != 0) return std::nullopt;
    if (directory.st_size > 0) return static_cast<std::uint64_t>(directory.st_size);

    std::error_code failed;
    std::uint64_t count = 0;
    for (std::filesystem::directory_iterator each{"/proc/self/fd", failed}, end; !failed && each != end;
         each.increment(failed))
        ++count;
    if (failed || count == 0) return std::nullopt;
    return count - 1; // the iterator's own
}

std::optional<std::uint64_t> max_fds()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
    return limit.rlim_cur;
}

std::optional<double> boot_time_s()
{
    std::ifstream file{"/proc/stat"};
    for (std::string name; file >> name; file.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
        double seconds = 0;
        if (name == "btime" && file >> seconds) return seconds;
    }
    return std::nullopt;
}

} // namespace

process_stats read_process_stats()
{
    process_stats now;
    now.cpu_s = cpu_time_s();
    read_memory(now);
    now.open_fds = open_fds();
    now.max_fds = max_fds();
    return now;
}

std::optional<double> process_start_time_s()
{
    const std::optional<double> boot_s = boot_time_s();
    std::ifstream file{"/proc/self/stat"};
    std::string line;
    if (!boot_s || !std::getline(file, line)) return std::nullopt;

    // The second field is the command in parentheses and may hold anything; the start is the 22nd (proc(5)).
    const auto command_end = line.rfind(')');
    if (command_end == std::string::npos) return std::nullopt;
    std::istringstream fields{line.substr(command_end + 1)};
    std::string skipped;
    for (int field = 3; field < 22; ++field)
        fields >> skipped;
    double ticks = 0;
    if (!(fields >> ticks)) return std::nullopt;
    return *boot_s + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace fairlead::metrics
