// The Date field of what goes out now: "Date: Sun, 06 Nov 1994 08:49:37 GMT" with its CRLF.
//
// It is written anew once a second, without allocation. Time is passed in. The view is good until the next
// call. A clock before 1970 has none: empty. Thread: one at a time. RFC 9110 5.6.7, 6.6.1.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace fairlead::http {

class date_line
{
public:
    std::string_view at(std::chrono::system_clock::time_point now);

private:
    std::int64_t second_ = -1; // that text_ says; -1: none yet
    std::array<char, 37> text_{};
};

} // namespace fairlead::http
