#include "tls/record_protection.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace fairlead::tls {
namespace {

constexpr std::size_t tag_bytes = 16;

using nonce = std::array<std::uint8_t, 12>;

// RFC 8446 5.3.
nonce nonce_of(const traffic_keys& keys) noexcept
{
    nonce out = keys.iv;
    for (std::size_t i = 0; i < 8; ++i)
        out[11 - i] ^= static_cast<std::uint8_t>(keys.sequence >> (8 * i));
    return out;
}

std::array<std::uint8_t, record_header_bytes> header_of(std::size_t sealed_size) noexcept
{
    return {static_cast<std::uint8_t>(content_type::application_data), 3, 3,
            static_cast<std::uint8_t>(sealed_size >> 8), static_cast<std::uint8_t>(sealed_size)};
}

const char* digest_of(cipher_suite suite) noexcept
{
    return suite == cipher_suite::aes_256_gcm_sha384 ? "SHA2-384" : "SHA2-256";
}

OSSL_PARAM text(const char* name, std::string_view value) noexcept
{
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value.data()), value.size());
}

OSSL_PARAM octets(const char* name, const void* value, std::size_t size) noexcept
{
    return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(value), size);
}

} // namespace

traffic_keys::~traffic_keys()
{
    OPENSSL_cleanse(secret.data(), secret.size());
    OPENSSL_cleanse(key.data(), key.size());
    OPENSSL_cleanse(iv.data(), iv.size());
}

void record_protection::context_free::operator()(evp_cipher_ctx_st* which) const noexcept
{
    EVP_CIPHER_CTX_free(which);
}
void record_protection::context_free::operator()(evp_cipher_st* which) const noexcept
{
    EVP_CIPHER_free(which);
}
void record_protection::context_free::operator()(evp_kdf_st* which) const noexcept { EVP_KDF_free(which); }

record_protection::record_protection()
    : kdf_(EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr))
{
    constexpr std::array names{"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};
    for (std::size_t i = 0; i < names.size(); ++i)
        ciphers_[i].reset(EVP_CIPHER_fetch(nullptr, names[i], nullptr));
    const bool has_all =
        kdf_ && std::ranges::all_of(ciphers_, [](const auto& each) { return each != nullptr; });
    if (!has_all) throw std::runtime_error("OpenSSL does not offer the ciphers of TLS 1.3");
}

record_protection::~record_protection() = default;

bool record_protection::begin(traffic_keys& keys, cipher_suite suite,
                              std::span<const std::uint8_t> secret) noexcept
{
    if (secret.size() != secret_size(suite)) return false;
    keys.suite = suite;
    std::ranges::copy(secret, keys.secret.begin());
    return derive(keys);
}

bool record_protection::update(traffic_keys& keys) noexcept
{
    std::array<std::uint8_t, 48> next{};
    if (!expand(keys, "traffic upd", std::span(next).first(secret_size(keys.suite)))) return false;
    keys.secret = next;
    OPENSSL_cleanse(next.data(), next.size());
    forget(keys);
    return derive(keys);
}

// OpenSSL wipes what it resets.
void record_protection::forget(const traffic_keys& keys) noexcept
{
    place& at = places_[keys.id % places];
    if (keys.id == 0 || at.owner != keys.id) return;
    at.owner = 0;
    EVP_CIPHER_CTX_reset(at.context.get());
}

bool record_protection::derive(traffic_keys& keys) noexcept
{
    keys.id = ++last_id_;
    keys.sequence = 0;
    return expand(keys, "key", std::span(keys.key).first(key_size(keys.suite))) &&
           expand(keys, "iv", keys.iv);
}

// HKDF-Expand-Label(secret, label, "", size) of RFC 8446 7.1.
bool record_protection::expand(const traffic_keys& from, std::string_view label,
                               std::span<std::uint8_t> out) noexcept
{
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(EVP_KDF_CTX_new(kdf_.get()),
                                                                            &EVP_KDF_CTX_free);
    if (!context) return false;
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    constexpr std::string_view prefix = "tls13 ";
    const std::array<OSSL_PARAM, 6> parameters{
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, digest_of(from.suite)),
        octets(OSSL_KDF_PARAM_KEY, from.secret.data(), secret_size(from.suite)),
        octets(OSSL_KDF_PARAM_PREFIX, prefix.data(), prefix.size()),
        octets(OSSL_KDF_PARAM_LABEL, label.data(), label.size()),
        OSSL_PARAM_construct_end()};
    return EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) == 1;
}

// A context with these keys; the nonce is still to be set.
evp_cipher_ctx_st* record_protection::ready(const traffic_keys& keys, bool seals) noexcept
{
    place& at = places_[keys.id % places];
    if (at.owner == keys.id) return at.context.get();
    at.owner = 0;
    if (!at.context) at.context.reset(EVP_CIPHER_CTX_new());
    if (!at.context) return nullptr;
    const EVP_CIPHER* const cipher = ciphers_[static_cast<std::size_t>(keys.suite)].get();
    if (EVP_CipherInit_ex2(at.context.get(), cipher, keys.key.data(), nullptr, seals ? 1 : 0, nullptr) != 1)
        return nullptr;
    at.owner = keys.id;
    return at.context.get();
}

std::size_t record_protection::seal(traffic_keys& keys, content_type type, std::string_view inside,
                                    std::span<std::uint8_t> out) noexcept
{
    EVP_CIPHER_CTX* const context = ready(keys, true);
    if (context == nullptr) return 0;
    const std::size_t size = inside.size() + 1 + tag_bytes;
    const auto header = header_of(size);
    const nonce at_sequence = nonce_of(keys);
    std::ranges::copy(header, out.begin());
    std::uint8_t* const to = out.data() + record_header_bytes;
    const auto* const from = reinterpret_cast<const unsigned char*>(inside.data());
    const auto type_octet = static_cast<unsigned char>(type);
    const int inside_size = static_cast<int>(inside.size());
    int count = 0;
    if (EVP_EncryptInit_ex2(context, nullptr, nullptr, at_sequence.data(), nullptr) != 1 ||
        EVP_EncryptUpdate(context, nullptr, &count, header.data(), static_cast<int>(header.size())) != 1 ||
        (inside_size != 0 && EVP_EncryptUpdate(context, to, &count, from, inside_size) != 1) ||
        EVP_EncryptUpdate(context, to + inside_size, &count, &type_octet, 1) != 1 ||
        EVP_EncryptFinal_ex(context, to + inside_size + 1, &count) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, to + inside_size + 1) != 1)
        return 0;
    ++keys.sequence;
    return record_header_bytes + size;
}

record_protection::opened_record record_protection::open(traffic_keys& keys,
                                                         std::span<const std::uint8_t> record,
                                                         std::span<std::uint8_t> out) noexcept
{
    const auto header = record.first(record_header_bytes);
    const auto sealed = record.subspan(record_header_bytes);
    if (sealed.size() > most_sealed_bytes) return {verdict::too_long};
    if (sealed.size() < tag_bytes + 1) return {verdict::forged};
    EVP_CIPHER_CTX* const context = ready(keys, false);
    if (context == nullptr) return {verdict::failed};
    const nonce at_sequence = nonce_of(keys);
    const auto inner = sealed.first(sealed.size() - tag_bytes);
    std::array<std::uint8_t, tag_bytes> tag;
    std::ranges::copy(sealed.last(tag_bytes), tag.begin());
    int count = 0;
    if (EVP_DecryptInit_ex2(context, nullptr, nullptr, at_sequence.data(), nullptr) != 1 ||
        EVP_DecryptUpdate(context, nullptr, &count, header.data(), static_cast<int>(header.size())) != 1 ||
        EVP_DecryptUpdate(context, out.data(), &count, inner.data(), static_cast<int>(inner.size())) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) != 1)
        return {verdict::failed};
    if (EVP_DecryptFinal_ex(context, out.data() + count, &count) != 1) return {verdict::forged};
    ++keys.sequence;
    std::size_t size = inner.size();
    while (size > 0 && out[size - 1] == 0)
        --size; // padding
    if (size == 0) return {verdict::empty};
    if (size - 1 > most_plain_bytes) return {verdict::too_long};
    return {verdict::opened, static_cast<content_type>(out[size - 1]), size - 1};
}

} // namespace fairlead::tls
