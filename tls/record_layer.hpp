// TLS 1.3 after the handshake, without OpenSSL's connection: what each record means, and what has to go out.
//
// Application data, KeyUpdate in both directions (answered before the next data, and asked of nobody but made
// when a key has protected its 2^24 records), session tickets (skipped: who wants them leaves the connection
// with OpenSSL), alerts. Anything else ends it with the alert that RFC 8446 names. It is bytes to bytes: no
// I/O, no waiting, no buffer. 280 bytes, which is all that an idle connection needs.
//
// Thread: its protection's, which each call is given. Source: RFC 8446 4.6, 5, 6.
#pragma once

#include "tls/fault.hpp"
#include "tls/record_protection.hpp"
#include "tls/traffic_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::tls {

class record_layer
{
public:
    enum class meaning : std::uint8_t
    {
        data,    // `size` bytes of it, perhaps none
        nothing, // for the caller
        closed,  // close_notify
        failed   // `why`, `text`; with `alert` to be sent unless it is 0
    };
    struct received
    {
        meaning what = meaning::nothing;
        std::size_t size = 0;
        std::uint8_t alert = 0;
        fault why = fault::bad_record;
        std::string_view text = {}; // static
    };

    // Where a direction stands.
    struct start
    {
        std::span<const std::uint8_t> secret; // of application traffic; of the suite's size
        std::uint64_t records = 0;            // that were under it so far
    };

    // False: out of memory, and it is not to be used.
    bool begin(record_protection& by, cipher_suite suite, bool is_server, const start& to_peer,
               const start& from_peer) noexcept;

    // Leaves no key with the protection, which may be long-lived; nothing may follow.
    void end(record_protection& by) noexcept;

    // One whole record. What is inside goes to `out`, which has room for all behind the header.
    received take(record_protection& by, std::span<const std::uint8_t> record,
                  std::span<std::uint8_t> out) noexcept;

    // One record of at most most_plain_bytes, with a KeyUpdate in front of it where one is due, into `out`,
    // which has room for put_overhead more. Their size; 0: out of memory.
    std::size_t put(record_protection& by, std::string_view data, std::span<std::uint8_t> out) noexcept;
    static constexpr std::size_t put_overhead = record_overhead + record_overhead + 5;

    // An alert; a close_notify is alert 0. The same errors.
    std::size_t put_alert(record_protection& by, std::uint8_t alert, std::span<std::uint8_t> out) noexcept;

    // A key is replaced after so many records (RFC 8446 5.5: before 2^24.5 for AES-GCM).
    static constexpr std::uint64_t records_per_key = std::uint64_t{1} << 24;

private:
    received take_handshake(record_protection& by, std::span<const std::uint8_t> messages) noexcept;
    received take_key_update(record_protection& by, std::span<const std::uint8_t> rest) noexcept;
    static received take_alert(std::span<const std::uint8_t> alert) noexcept;

    traffic_keys sending_;
    traffic_keys receiving_;
    std::uint32_t ticket_left_ = 0; // of a session ticket that spans records
    std::uint8_t idle_records_ = 0; // in a row, without data
    bool is_server_ = true;
    bool owes_update_ = false;
};

} // namespace fairlead::tls
