#include "tls/handshake_watch.hpp"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <string_view>

namespace fairlead::tls {
namespace {

int watch_place() noexcept
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int digit_of(char hex) noexcept
{
    if (hex >= '0' && hex <= '9') return hex - '0';
    if (hex >= 'a' && hex <= 'f') return hex - 'a' + 10;
    if (hex >= 'A' && hex <= 'F') return hex - 'A' + 10;
    return -1;
}

// The last word of a key log's line: NAME CLIENT_RANDOM SECRET.
void read_secret(std::string_view line, handshake_watch::direction& into) noexcept
{
    const std::string_view hex = line.substr(line.rfind(' ') + 1);
    if (hex.size() % 2 != 0 || hex.size() / 2 > into.secret.size()) return;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = digit_of(hex[i]);
        const int low = digit_of(hex[i + 1]);
        if (high < 0 || low < 0) return;
        into.secret[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
    }
    into.size = hex.size() / 2;
}

// RFC 8446 4.2.3: the client's favourite comes first. Without the list it is an old client, and RSA.
bool wants_rsa(SSL* ssl) noexcept
{
    const unsigned char* list = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_signature_algorithms, &list, &size) != 1 || size < 4)
        return true;
    switch (list[2] << 8 | list[3]) { // behind the length
    case 0x0403:                      // ecdsa_secp256r1_sha256
    case 0x0503:                      // ecdsa_secp384r1_sha384
    case 0x0603:                      // ecdsa_secp521r1_sha512
    case 0x0807:                      // ed25519
    case 0x0808: return false;        // ed448
    default: return true;
    }
}

handshake_watch* watch_of(const SSL& ssl) noexcept
{
    return static_cast<handshake_watch*>(SSL_get_ex_data(&ssl, watch_place()));
}

} // namespace

handshake_watch::handshake_watch(ssl_st& ssl) noexcept
    : ssl_(&ssl)
    , is_server_(SSL_is_server(&ssl) == 1)
{
    SSL_set_ex_data(&ssl, watch_place(), this);
    SSL_set_msg_callback(&ssl, &handshake_watch::on_message);
    SSL_set_msg_callback_arg(&ssl, this);
}

handshake_watch::~handshake_watch()
{
    OPENSSL_cleanse(clients_.secret.data(), clients_.secret.size());
    OPENSSL_cleanse(servers_.secret.data(), servers_.secret.size());
}

void handshake_watch::forget() noexcept
{
    SSL_set_msg_callback(ssl_, nullptr);
    SSL_set_ex_data(ssl_, watch_place(), nullptr);
}

void handshake_watch::note_secret(const ssl_st& ssl, const char* line) noexcept
{
    auto* const watch = watch_of(ssl);
    if (watch == nullptr) return;
    const std::string_view text(line);
    if (text.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) read_secret(text, watch->clients_);
    if (text.starts_with("SERVER_TRAFFIC_SECRET_0 ")) read_secret(text, watch->servers_);
}

void handshake_watch::collect(ssl_ctx_st& context) noexcept
{
    SSL_CTX_set_keylog_callback(&context, [](const SSL* ssl, const char* line) { note_secret(*ssl, line); });
}

void handshake_watch::hold_slow_hellos(ssl_ctx_st& context) noexcept
{
    SSL_CTX_set_client_hello_cb(&context, &handshake_watch::on_hello, nullptr);
}

// Called again for a hello that was held, and for the second one after a HelloRetryRequest.
int handshake_watch::on_hello(ssl_st* ssl, int*, void*)
{
    auto* const watch = watch_of(*ssl);
    if (watch == nullptr) return SSL_CLIENT_HELLO_SUCCESS;
    watch->holds_hello_ = !watch->holds_hello_ && wants_rsa(ssl);
    return watch->holds_hello_ ? SSL_CLIENT_HELLO_RETRY : SSL_CLIENT_HELLO_SUCCESS;
}

void handshake_watch::on_message(int is_sent, int, int type, const void* bytes, std::size_t size, ssl_st*,
                                 void* watch)
{
    auto& self = *static_cast<handshake_watch*>(watch);
    direction& way = (is_sent != 0) == self.is_server_ ? self.servers_ : self.clients_;
    if (type == SSL3_RT_HEADER) ++way.records;
    if (type != SSL3_RT_HANDSHAKE || size == 0) return;
    const auto message = *static_cast<const std::uint8_t*>(bytes);
    if (message == SSL3_MT_FINISHED) { // the next record is the first of the traffic secret
        way.records = 0;
        way.is_finished = true;
    }
    if (message == SSL3_MT_KEY_UPDATE) self.has_updated_ = true;
}

std::optional<cipher_suite> handshake_watch::is_complete() const noexcept
{
    if (SSL_version(ssl_) != TLS1_3_VERSION || has_updated_ || !clients_.is_finished || !servers_.is_finished)
        return std::nullopt;
    std::optional<cipher_suite> suite;
    switch (SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_))) {
    case 0x1301: suite = cipher_suite::aes_128_gcm_sha256; break;
    case 0x1302: suite = cipher_suite::aes_256_gcm_sha384; break;
    case 0x1303: suite = cipher_suite::chacha20_poly1305_sha256; break;
    default: return std::nullopt; // of the registry's open set
    }
    const std::size_t size = secret_size(*suite);
    if (clients_.size != size || servers_.size != size) return std::nullopt;
    return suite;
}

} // namespace fairlead::tls
