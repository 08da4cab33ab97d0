// Bytes as OpenSSL takes them and as text, the one place where the two kinds of spans meet.
//
// Nothing is copied, nothing is owned: a view lives as long as what it shows. char and unsigned char may show
// each other's memory ([basic.lval]). Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::tls {

inline std::span<std::uint8_t> as_octets(std::span<char> room) noexcept
{
    return {reinterpret_cast<std::uint8_t*>(room.data()), room.size()};
}

inline std::span<char> as_room(std::span<std::uint8_t> octets) noexcept
{
    return {reinterpret_cast<char*>(octets.data()), octets.size()};
}

inline std::string_view as_text(std::span<const std::uint8_t> octets) noexcept
{
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

} // namespace fairlead::tls
