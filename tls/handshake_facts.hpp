// What a handshake settled, as values: read once when it is done, good after the SSL is gone.
//
// Thread: the SSL's.
#pragma once

#include "tls/handles.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

// The certificate that the peer showed; it was verified unless verification is off.
struct peer_certificate
{
    std::string subject;           // RFC 2253: "CN=device 7,O=Example"
    std::vector<std::string> sans; // "DNS:a.example", "IP:10.0.0.1", "URI:spiffe://...", "email:a@example"
    std::string fingerprint;       // SHA-256 of its DER, lower-case hex
};

struct handshake_facts
{
    std::string_view version; // "TLSv1.3"; a literal
    std::string_view cipher;  // "TLS_AES_128_GCM_SHA256"; a literal
    bool is_resumed = false;
    bool is_ktls_send = false;
    bool is_ktls_receive = false;
    std::string server_name;                      // by SNI, lower case; empty: none
    std::string protocol;                         // by ALPN; empty: none
    std::unique_ptr<const peer_certificate> peer; // null: none was shown
};

// After a handshake that succeeded.
handshake_facts read_handshake(const ssl_st& ssl);

} // namespace fairlead::tls
