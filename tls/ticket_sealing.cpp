#include "tls/ticket_sealing.hpp"

#include "tls/certificate_facts.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace fairlead::tls {
namespace {

struct release
{
    void operator()(EVP_CIPHER* of) const noexcept { EVP_CIPHER_free(of); }
};

// Fetched once: a fetch on each call takes a global lock in OpenSSL 3.0.
const EVP_CIPHER* ticket_cipher()
{
    static const std::unique_ptr<EVP_CIPHER, release> cipher(
        EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
    return cipher.get();
}

bool set_hmac_key(EVP_MAC_CTX* context, ticket_key& key)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.hmac.data(), key.hmac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(context, params) == 1;
}

enum answer : int // of the callback, as its manual page has them
{
    failed = -1,
    unknown = 0, // a full handshake follows
    good = 1,
    good_and_renew = 2
};

int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, ticket_key& key)
{
    std::ranges::copy(key.name, name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return failed;
    if (EVP_EncryptInit_ex2(cipher, ticket_cipher(), key.aes.data(), iv, nullptr) != 1) return failed;
    return set_hmac_key(mac, key) ? good : failed;
}

int open(const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, ticket_key& key)
{
    if (EVP_DecryptInit_ex2(cipher, ticket_cipher(), key.aes.data(), iv, nullptr) != 1) return failed;
    return set_hmac_key(mac, key) ? good : failed;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int is_sealing)
{
    const auto& keys = *static_cast<const ticket_holder&>(*context_owned::of(*ssl)).tickets;
    if (is_sealing != 0) {
        ticket_key key = keys.newest();
        const int result = seal(name, iv, cipher, mac, key);
        OPENSSL_cleanse(&key, sizeof key);
        return result;
    }
    std::array<std::uint8_t, 16> wanted;
    std::memcpy(wanted.data(), name, wanted.size());
    auto found = keys.find(wanted);
    if (!found) return unknown;
    const int result = open(iv, cipher, mac, found->key);
    OPENSSL_cleanse(&found->key, sizeof found->key);
    // Of TLS 1.3 a ticket is for one use (RFC 8446 C.4), so each use gives another.
    const bool needs_new = !found->is_newest || SSL_version(ssl) >= TLS1_3_VERSION;
    return result == good && needs_new ? good_and_renew : result;
}

// Tickets are renewed at each use, so that without this a client would be let in by a certificate for ever.
// Ignored, a full handshake follows, which looks at it anew and says what is wrong.
SSL_TICKET_RETURN on_opened(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                            SSL_TICKET_STATUS status, void*)
{
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    const X509* const shown = SSL_SESSION_get0_peer(session);
    if (shown != nullptr && std::chrono::system_clock::now() > not_after_of(*shown))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

} // namespace

void seal_tickets(ssl_ctx_st& context)
{
    SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket);
    SSL_CTX_set_session_ticket_cb(&context, nullptr, on_opened, nullptr);
}

} // namespace fairlead::tls
