// Wall time and the CPU time of other processes between start() and stop().
//
// CPU is user plus system time of all threads, in nanoseconds, read from each process's own clock
// (clock_getcpuclockid(3)), so a phase of milliseconds is measured exactly; /proc/PID/stat counts in ticks of
// 10 ms. The processes must live until stop(). Errors: std::system_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <time.h>

namespace fairlead::bench {

class measurement
{
public:
    // process_ids: decimal texts, as the command line has them; may be empty.
    explicit measurement(std::span<const std::string> process_ids);

    void start();
    void stop();

    [[nodiscard]] double seconds() const noexcept { return seconds_; }
    [[nodiscard]] std::uint64_t cpu_ns() const noexcept { return cpu_ns_; } // of all processes together

private:
    [[nodiscard]] std::uint64_t read_cpu_ns() const;

    std::vector<clockid_t> clocks_;
    std::chrono::steady_clock::time_point started_;
    double seconds_ = 0;
    std::uint64_t cpu_ns_ = 0;
};

} // namespace fairlead::bench
