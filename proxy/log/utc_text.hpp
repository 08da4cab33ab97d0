// A point in time as logs and answers write it. Source: RFC 3339 5.6.
#pragma once

#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>

namespace fairlead::log {

// In UTC with milliseconds: "2026-01-31T12:00:00.250Z". Thread: any.
std::string utc_text(std::chrono::system_clock::time_point at);

// The same for many points close to each other: the calendar is asked once a second. Thread: one.
class utc_clock
{
public:
    // Good until the next call.
    std::string_view text(std::chrono::system_clock::time_point at);

private:
    std::time_t second_ = std::numeric_limits<std::time_t>::min(); // that text_ is of
    std::array<char, 32> text_{};
};

} // namespace fairlead::log
