#include "proxy/log/utc_text.hpp"

namespace fairlead::log {

std::string utc_text(std::chrono::system_clock::time_point at) { return std::string(utc_clock{}.text(at)); }

std::string_view utc_clock::text(std::chrono::system_clock::time_point at)
{
    constexpr std::size_t to_milliseconds = 20; // "2026-01-31T12:00:00."
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    const auto ms = static_cast<unsigned>((whole % 1000 + 1000) % 1000);
    const auto second = static_cast<std::time_t>((whole - ms) / 1000);
    if (second != second_) {
        std::tm parts{};
        ::gmtime_r(&second, &parts);
        std::strftime(text_.data(), text_.size(), "%FT%T.000Z", &parts);
        second_ = second;
    }
    text_[to_milliseconds] = static_cast<char>('0' + ms / 100);
    text_[to_milliseconds + 1] = static_cast<char>('0' + ms / 10 % 10);
    text_[to_milliseconds + 2] = static_cast<char>('0' + ms % 10);
    return {text_.data(), to_milliseconds + 4};
}

} // namespace fairlead::log
