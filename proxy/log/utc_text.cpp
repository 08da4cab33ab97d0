#include "proxy/log/utc_text.hpp"

#include <ctime>

namespace fairlead::log {

std::string utc_text(std::chrono::system_clock::time_point at)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count() % 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[40];
    const std::size_t size = std::strftime(text, sizeof text, "%FT%T.", &parts);
    std::string out(text, size);
    const std::string digits = std::to_string(1000 + ms);
    return out.append(digits, 1, 3) + "Z";
}

} // namespace fairlead::log
