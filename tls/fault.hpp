// Why a TLS connection broke or never came to be.

// Decided from OpenSSL's error codes and verification results alone; no I/O. Thread: any.
// Alerts: RFC 8446 6. Results of a verification: X509_STORE_CTX_get_error(3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::tls {

enum class fault : std::uint8_t
{
    none,
    plain_http,          // letters came where a record has to begin
    not_tls,             // so did other bytes
    no_shared_version,
    no_shared_cipher,    // nor key exchange group nor signature algorithm
    no_shared_protocol,  // of ALPN
    unknown_name,        // the SNI names a host that there is no certificate for, or is missing
    no_certificate,      // the peer has to show one and did not
    expired_certificate, // or one that is not valid yet
    unknown_ca,
    wrong_name,          // the certificate is somebody else's
    revoked_certificate,
    bad_certificate,     // for any other reason
    refused_by_peer,     // it sent an alert
    bad_record,          // altered, too long or of no known kind
    protocol,            // any other breach of TLS
    ended,               // the peer ended TCP in the middle
    reset,               // TCP broke
    timed_out,
    internal             // ours: no memory, no entropy
};
inline constexpr std::size_t fault_count = 20;

// From the earliest error of OpenSSL's queue; `verification` is what SSL_get_verify_result() says.
fault classify(unsigned long error, long verification) noexcept;
fault classify_verification(long verification) noexcept;

// "expired_certificate".
std::string_view name_of(fault why) noexcept;

// A sentence for people, with the peer's alert or the verification's result where there is one.
std::string describe(fault why, unsigned long error, long verification);

} // namespace fairlead::tls
