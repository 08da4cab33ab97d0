#include "proxy/http/request_id.hpp"

#include "tls/digest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fairlead::http {
namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::size_t ids_at_once = 64;

struct stock
{
    std::array<std::uint8_t, id_bytes * ids_at_once> bytes;
    std::size_t used = sizeof bytes;
};

thread_local stock random_bytes;

constexpr std::array<std::array<char, 2>, 256> digits_of_byte = [] {
    constexpr char digits[] = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> table{};
    for (std::size_t byte = 0; byte < table.size(); ++byte)
        table[byte] = {digits[byte >> 4], digits[byte & 15]};
    return table;
}();

} // namespace

request_id random_request_id()
{
    stock& from = random_bytes;
    if (from.used == from.bytes.size()) {
        tls::random_bytes(std::as_writable_bytes(std::span{from.bytes}));
        from.used = 0;
    }
    request_id id;
    for (std::size_t i = 0; i < id_bytes; ++i)
        std::copy_n(digits_of_byte[from.bytes[from.used + i]].data(), 2, id.data() + 2 * i);
    from.used += id_bytes;
    return id;
}

} // namespace fairlead::http
