// A hash of texts in their order, by which replicas can be compared: FNV-1a with 64 bits, each text ended by
// a zero. Who can choose the texts can make two of them collide; it protects nothing. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::conf {

class text_hash
{
public:
    constexpr void add(std::string_view text) noexcept
    {
        for (const char c : text)
            add_byte(static_cast<unsigned char>(c));
        add_byte(0);
    }
    constexpr std::uint64_t value() const noexcept { return value_; }

private:
    constexpr void add_byte(std::uint64_t byte) noexcept
    {
        constexpr std::uint64_t prime = 0x100000001b3;
        value_ = (value_ ^ byte) * prime;
    }

    std::uint64_t value_ = 0xcbf29ce484222325;
};

} // namespace fairlead::conf
