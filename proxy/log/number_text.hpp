// Numbers as they stand in the lines of both formats. Thread: any.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace fairlead::log {

inline void append_number(std::string& out, std::uint64_t value)
{
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// "0.001500": as a decimal fraction, exact.
inline void append_seconds(std::string& out, std::uint64_t microseconds)
{
    constexpr std::uint64_t second = 1'000'000;
    append_number(out, microseconds / second);
    std::array<char, 7> digits; // of a number with the fraction's leading zeros
    std::to_chars(digits.data(), digits.data() + digits.size(), second + microseconds % second);
    digits[0] = '.';
    out.append(digits.data(), digits.size());
}

} // namespace fairlead::log
