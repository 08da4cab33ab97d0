#include "tls/handshake_facts.hpp"

#include "tls/certificate_facts.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace fairlead::tls {
namespace {

std::string name_of(const SSL& ssl)
{
    const char* name = SSL_get_servername(&ssl, TLSEXT_NAMETYPE_host_name);
    std::string out = name != nullptr ? name : "";
    std::ranges::transform(
        out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

} // namespace

handshake_facts read_handshake(const ssl_st& ssl)
{
    handshake_facts out;
    out.version = SSL_get_version(&ssl);
    out.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(&ssl));
    out.is_resumed = SSL_session_reused(&ssl) == 1;
    out.is_ktls_send = BIO_get_ktls_send(SSL_get_wbio(&ssl));
    out.is_ktls_receive = BIO_get_ktls_recv(SSL_get_rbio(&ssl));
    out.server_name = name_of(ssl);
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(&ssl, &protocol, &size);
    if (size != 0) out.protocol.assign(reinterpret_cast<const char*>(protocol), size);
    if (const X509* peer = SSL_get0_peer_certificate(&ssl))
        out.peer = std::make_unique<const peer_certificate>(peer_certificate{
            subject_of(*peer), alternative_names_of(*peer), fingerprint_of(*peer), not_after_of(*peer)});
    return out;
}

std::optional<fault> refusal_of(const handshake_facts& client, client_auth asks, wall_time now)
{
    if (asks == client_auth::required && !client.peer) return fault::client_certificate_missing;
    if (client.peer && now > client.peer->not_after) return fault::expired;
    return std::nullopt;
}

} // namespace fairlead::tls
