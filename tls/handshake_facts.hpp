// What a handshake settled, as values: read once when it is done, good after the SSL is gone.
//
// Thread: the SSL's.
#pragma once

#include "tls/certificate_facts.hpp"
#include "tls/fault.hpp"
#include "tls/handles.hpp"
#include "tls/trusted_authorities.hpp"

#include <memory>
#include <optional>
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
    wall_time not_after = wall_time::max();
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

// Why a client that OpenSSL let in is to be refused all the same; nothing: it may come. A handshake that
// resumes verifies nothing, so what a listener requires is held against what came of it, not against the way
// there: a certificate that was to be shown, and one that is still in its time.
std::optional<fault> refusal_of(const handshake_facts& client, client_auth asks, wall_time now);

} // namespace fairlead::tls
