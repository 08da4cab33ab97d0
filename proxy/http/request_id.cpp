#include "proxy/http/request_id.hpp"

#include "tls/digest.hpp"

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

} // namespace

request_id random_request_id()
{
    constexpr char digits[] = "0123456789abcdef";
    stock& from = random_bytes;
    if (from.used == from.bytes.size()) {
        tls::random_bytes(std::as_writable_bytes(std::span{from.bytes}));
        from.used = 0;
    }
    request_id id;
    for (std::size_t i = 0; i < id_bytes; ++i) {
        const std::uint8_t byte = from.bytes[from.used + i];
        id[2 * i] = digits[byte >> 4];
        id[2 * i + 1] = digits[byte & 15];
    }
    from.used += id_bytes;
    return id;
}

} // namespace fairlead::http
