// The keys of one direction of a TLS 1.3 connection, and how many records they have protected.
//
// Plain state, 120 bytes: what is left to keep of a connection when its handshake is over. Wiped when it
// goes. Source: RFC 8446 7.2 (update), 7.3 (keys from a secret), 5.3 (sequence numbers).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fairlead::tls {

enum class cipher_suite : std::uint8_t
{
    aes_128_gcm_sha256,
    aes_256_gcm_sha384,
    chacha20_poly1305_sha256
};

struct traffic_keys
{
    traffic_keys() noexcept = default;
    traffic_keys(const traffic_keys&) = delete;
    traffic_keys& operator=(const traffic_keys&) = delete;
    ~traffic_keys();

    std::uint64_t sequence = 0;
    std::uint64_t id = 0; // of these keys, unlike any others of the thread; 0: there are none
    std::array<std::uint8_t, 48> secret{};
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 12> iv{};
    cipher_suite suite = cipher_suite::aes_128_gcm_sha256;
};

static_assert(sizeof(traffic_keys) <= 120, "an idle connection has two of them");

constexpr std::size_t secret_size(cipher_suite suite) noexcept
{
    return suite == cipher_suite::aes_256_gcm_sha384 ? 48 : 32;
}
constexpr std::size_t key_size(cipher_suite suite) noexcept
{
    return suite == cipher_suite::aes_128_gcm_sha256 ? 16 : 32;
}

} // namespace fairlead::tls
