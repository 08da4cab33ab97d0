// Why a TLS connection failed, as one of a few reasons for metrics and logs.
//
// Each costs one connection and nothing else. docs/tls.md tells operators what each means.
#pragma once

#include "tls/handles.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::tls {

enum class fault : std::uint8_t
{
    plain_http,                 // an HTTP request where a hello was to be
    garbage,                    // bytes that are no TLS
    no_shared_version,          // all that the client speaks is too old, or too new
    no_shared_cipher,           // or group, or signature algorithm
    no_shared_protocol,         // ALPN: only others than http/1.1
    unknown_name,               // SNI: none or unknown, and strict_sni
    client_certificate_missing, // client_auth is required
    expired,                    // the peer's certificate, or not valid yet
    wrong_name,                 // a backend's certificate is for another
    unknown_ca,                 // the peer's certificate does not lead to a CA that is trusted
    revoked,                    // by a CRL
    bad_certificate,            // of the peer, for another reason
    refused_by_peer,            // it sent an alert: it may not like our certificate
    truncated,                  // the end in the middle of a handshake or a record
    close_notify_missing,       // the end without the word that it is the end (RFC 8446 6.1)
    reset,                      // TCP broke
    bad_record,                 // what was received cannot be opened, or breaks the protocol
    timeout,                    // the handshake took too long
    other
};

std::string_view word_of(fault what) noexcept; // "plain_http"

struct failure
{
    fault what = fault::other;
    std::string text; // for people: "sslv3 alert certificate unknown", "certificate has expired"
};

// What an SSL call that failed left: call it right after SSL_get_error(), with its result and errno. Empties
// the thread's error queue. `is_handshake`: it was not done yet.
failure failure_of(const ssl_st& ssl, int ssl_error, int system_error, bool is_handshake);

} // namespace fairlead::tls
