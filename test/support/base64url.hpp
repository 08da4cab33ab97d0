// Base64 with the alphabet for URLs and no padding (RFC 4648 5), as the parts of a JSON Web Token have it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::test {

inline std::string base64url(std::span<const std::uint8_t> bytes)
{
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        for (count += 8; count >= 6; count -= 6)
            out += letters[bits >> (count - 6) & 63];
    }
    if (count > 0) out += letters[bits << (6 - count) & 63];
    return out;
}

inline std::string base64url(const std::string& text)
{
    return base64url(std::vector<std::uint8_t>(text.begin(), text.end()));
}

} // namespace fairlead::test
