#include "bench/load/measurement.hpp"

#include <cerrno>
#include <system_error>

namespace fairlead::bench {

measurement::measurement(std::span<const std::string> process_ids)
{
    for (const auto& id : process_ids) {
        clockid_t clock{};
        if (const int error = ::clock_getcpuclockid(std::stoi(id), &clock); error != 0)
            throw std::system_error{error, std::generic_category(), "the CPU clock of process " + id};
        clocks_.push_back(clock);
    }
}

std::uint64_t measurement::read_cpu_ns() const
{
    std::uint64_t sum = 0;
    for (const clockid_t clock : clocks_) {
        timespec now{};
        if (::clock_gettime(clock, &now) != 0)
            throw std::system_error{errno, std::generic_category(), "clock_gettime"};
        sum +=
            static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
    }
    return sum;
}

void measurement::start()
{
    started_ = std::chrono::steady_clock::now();
    cpu_ns_ = read_cpu_ns();
}

void measurement::stop()
{
    cpu_ns_ = read_cpu_ns() - cpu_ns_;
    seconds_ = std::chrono::duration<double>{std::chrono::steady_clock::now() - started_}.count();
}

} // namespace fairlead::bench
