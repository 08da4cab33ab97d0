#include "proxy/http/date_line.hpp"

#include <algorithm>

namespace fairlead::http {
namespace {

constexpr std::string_view days = "ThuFriSatSunMonTueWed"; // 1 January 1970 was a Thursday
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t seconds_of_day = 86'400;

char* put(char* out, std::string_view text) { return std::ranges::copy(text, out).out; }

char* put_two_digits(char* out, unsigned value)
{
    *out++ = static_cast<char>('0' + value / 10);
    *out++ = static_cast<char>('0' + value % 10);
    return out;
}

} // namespace

std::string_view date_line::at(std::chrono::system_clock::time_point now)
{
    const auto whole = std::chrono::floor<std::chrono::seconds>(now);
    const std::int64_t second = whole.time_since_epoch().count();
    if (second < 0) return {};
    if (second != second_) {
        second_ = second;
        const auto day = std::chrono::floor<std::chrono::days>(whole);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss time(whole - day);
        const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
        char* out = put(text_.data(), "Date: ");
        out = put(out, days.substr(static_cast<std::size_t>(second / seconds_of_day % 7) * 3, 3));
        out = put(out, ", ");
        out = put_two_digits(out, static_cast<unsigned>(date.day()));
        out = put(out, " ");
        out = put(out, months.substr((static_cast<unsigned>(date.month()) - 1) * 3UL, 3));
        out = put(out, " ");
        out = put_two_digits(put_two_digits(out, year / 100), year % 100);
        out = put(out, " ");
        out = put_two_digits(out, static_cast<unsigned>(time.hours().count()));
        out = put_two_digits(put(out, ":"), static_cast<unsigned>(time.minutes().count()));
        out = put_two_digits(put(out, ":"), static_cast<unsigned>(time.seconds().count()));
        put(out, " GMT\r\n");
    }
    return {text_.data(), text_.size()};
}

} // namespace fairlead::http
