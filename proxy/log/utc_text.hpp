// A point in time as logs and answers write it. Thread: any. Source: RFC 3339 5.6.
#pragma once

#include <chrono>
#include <string>

namespace fairlead::log {

// In UTC with milliseconds: "2026-01-31T12:00:00.250Z".
std::string utc_text(std::chrono::system_clock::time_point at);

} // namespace fairlead::log
