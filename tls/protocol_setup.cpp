#include "tls/protocol_setup.hpp"

#include "tls/error_queue.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>

namespace fairlead::tls {
namespace {

constexpr const char* tls_1_3_ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* tls_1_2_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";

// PRIORITIZE_CHACHA: a client that puts ChaCha20 first has no AES in hardware.
constexpr std::uint64_t always = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
constexpr long modes =
    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS;

struct release
{
    void operator()(EVP_PKEY_CTX* of) const noexcept { EVP_PKEY_CTX_free(of); }
};

} // namespace

std::optional<std::string> set_up_protocol(ssl_ctx_st& context, const protocol_options& options)
{
    clear_errors();
    const bool is_1_3_only =
        options.profile == profile::modern || options.min_version == protocol_version::tls_1_3;
    SSL_CTX_set_options(&context, always | (options.ktls ? SSL_OP_ENABLE_KTLS : 0));
    SSL_CTX_set_mode(&context, modes);
    SSL_CTX_set_read_ahead(&context, 1);
    if (SSL_CTX_set_min_proto_version(&context, is_1_3_only ? TLS1_3_VERSION : TLS1_2_VERSION) != 1)
        return "OpenSSL does not take the protocol versions: " + take_error();
    if (SSL_CTX_set_ciphersuites(&context, tls_1_3_ciphers) != 1 ||
        SSL_CTX_set_cipher_list(&context, tls_1_2_ciphers) != 1)
        return "OpenSSL does not take the ciphers: " + take_error();
    if (SSL_CTX_set1_groups_list(&context, groups) != 1)
        return "OpenSSL does not take the groups: " + take_error();
    return std::nullopt;
}

std::span<const std::uint8_t> offered_protocols() noexcept
{
    static constexpr std::array<std::uint8_t, 9> names{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    return names;
}

bool set_up_dhe(ssl_ctx_st& context)
{
    const std::unique_ptr<EVP_PKEY_CTX, release> making(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
    if (!making || EVP_PKEY_paramgen_init(making.get()) != 1) return false;
    char group[] = "ffdhe2048";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                 OSSL_PARAM_construct_end()};
    if (EVP_PKEY_CTX_set_params(making.get(), params) != 1) return false;
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_paramgen(making.get(), &made) != 1) return false;
    if (SSL_CTX_set0_tmp_dh_pkey(&context, made) == 1) return true;
    EVP_PKEY_free(made);
    return false;
}

} // namespace fairlead::tls
