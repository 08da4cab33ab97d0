#include "proxy/npath/link_address.hpp"

namespace fairlead::npath {

std::string to_string(const link_address& address)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : address.bytes) {
        if (!text.empty()) text += ':';
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

} // namespace fairlead::npath
