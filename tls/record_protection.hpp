// Seals and opens the records of TLS 1.3: the one part of TLS that a connection needs after its handshake.
//
// The ciphers are OpenSSL's. Here is only what surrounds them: header, nonce, inner type and padding (RFC
// 8446 5.1 to 5.4). One for all connections of a thread: a cipher's context, of a kilobyte, belongs to
// whoever used it last, so that connections that are busy find theirs ready and those that are idle have
// none.
//
// What it does not do: say what a record means, or check the order of records. Thread: one. Errors: a seal or
// an update fails when OpenSSL does, which is out of memory; throws std::runtime_error when made without one
// of the ciphers.
#pragma once

#include "tls/traffic_keys.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct evp_kdf_st;

namespace fairlead::tls {

enum class content_type : std::uint8_t // RFC 8446 B.1
{
    alert = 21,
    handshake = 22,
    application_data = 23
};

inline constexpr std::size_t record_header_bytes = 5;
inline constexpr std::size_t most_plain_bytes = 16'384;                  // RFC 8446 5.1
inline constexpr std::size_t most_sealed_bytes = most_plain_bytes + 256; // 5.2, without the header
inline constexpr std::size_t record_room = 18UL * 1024; // for one of any version, with its header
inline constexpr std::size_t record_overhead = record_header_bytes + 1 + 16; // of those that are made here

class record_protection
{
public:
    enum class verdict : std::uint8_t
    {
        opened,
        forged,   // or altered, or of other keys
        too_long, // more than the protocol allows
        empty,    // not even a type inside
        failed    // out of memory
    };
    struct opened_record
    {
        verdict what = verdict::forged;
        content_type type = content_type::application_data; // any value
        std::size_t size = 0;
    };

    record_protection();
    record_protection(const record_protection&) = delete;
    record_protection& operator=(const record_protection&) = delete;
    ~record_protection();

    // Keys from a traffic secret, of secret_size() bytes.
    bool begin(traffic_keys& keys, cipher_suite suite, std::span<const std::uint8_t> secret) noexcept;
    // The next ones, after a KeyUpdate.
    bool update(traffic_keys& keys) noexcept;
    // Nothing of them is left here; they are not to be used any more.
    void forget(const traffic_keys& keys) noexcept;

    // One record of `inside`, at most most_plain_bytes, into `out`, which has room for record_overhead more.
    // Its size; 0: failed.
    std::size_t seal(traffic_keys& keys, content_type type, std::string_view inside,
                     std::span<std::uint8_t> out) noexcept;

    // `record` is whole, with its header, whose length is right. What is inside goes to `out`, which has
    // room for all of the record behind its header; it is worth nothing unless the verdict is `opened`.
    opened_record open(traffic_keys& keys, std::span<const std::uint8_t> record,
                       std::span<std::uint8_t> out) noexcept;

private:
    struct context_free
    {
        void operator()(evp_cipher_ctx_st* which) const noexcept;
        void operator()(evp_cipher_st* which) const noexcept;
        void operator()(evp_kdf_st* which) const noexcept;
    };
    struct place
    {
        std::uint64_t owner = 0; // traffic_keys::id
        std::unique_ptr<evp_cipher_ctx_st, context_free> context;
    };
    static constexpr std::size_t places = 256;

    bool expand(const traffic_keys& from, std::string_view label, std::span<std::uint8_t> out) noexcept;
    bool derive(traffic_keys& keys) noexcept;
    evp_cipher_ctx_st* ready(const traffic_keys& keys, bool seals) noexcept;

    std::array<std::unique_ptr<evp_cipher_st, context_free>, 3> ciphers_; // by suite
    std::unique_ptr<evp_kdf_st, context_free> kdf_;
    std::uint64_t last_id_ = 0;
    std::array<place, places> places_;
};

} // namespace fairlead::tls
