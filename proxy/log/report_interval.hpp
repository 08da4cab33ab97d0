// Bounds how often one thing is logged: at once the first time, and then at most every so often.
//
// Decides and counts; the caller writes the line. Thread: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace fairlead::log {

class report_interval
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit report_interval(std::chrono::seconds least)
        : least_(least)
    {}

    // How many were left out since the last line when this one is to be written; nothing when it is left out.
    std::optional<std::uint64_t> next(time_point now) noexcept
    {
        if (last_ && now - *last_ < least_) {
            ++left_out_;
            return std::nullopt;
        }
        last_ = now;
        return std::exchange(left_out_, 0);
    }

private:
    std::chrono::seconds least_;
    std::optional<time_point> last_;
    std::uint64_t left_out_ = 0;
};

} // namespace fairlead::log
