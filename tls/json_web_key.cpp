#include "tls/json_web_key.hpp"

#include "tls/keyed_digest.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <boost/json/parse.hpp>

#include <array>
#include <optional>
#include <stdexcept>

namespace fairlead::tls {
namespace {

namespace json = boost::json;

struct freeing
{
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
    void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class Type>
using handle = std::unique_ptr<Type, freeing>;

constexpr std::size_t least_secret = 32;
constexpr int least_rsa_bits = 2'048;
constexpr std::size_t p256_bytes = 32;

std::string text_of(const json::object& of, std::string_view name)
{
    const json::value* const found = of.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::vector<std::uint8_t> bytes_of(const json::object& of, std::string_view name)
{
    std::vector<std::uint8_t> out;
    if (!decode_base64url(text_of(of, name), out) || out.empty())
        throw std::runtime_error("a key's \"" + std::string(name) + "\" is not base64url");
    return out;
}

handle<BIGNUM> number_of(const json::object& of, std::string_view name)
{
    const auto bytes = bytes_of(of, name);
    handle<BIGNUM> number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    if (!number) throw std::bad_alloc();
    return number;
}

std::shared_ptr<evp_pkey_st> made_of(const char* kind, OSSL_PARAM_BLD* builder)
{
    const handle<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
    const handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* key = nullptr;
    const bool done = params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
    if (!done) throw std::runtime_error("a key's numbers make no public key");
    return {key, &EVP_PKEY_free};
}

std::shared_ptr<evp_pkey_st> rsa_key(const json::object& of)
{
    const auto modulus = number_of(of, "n");
    const auto exponent = number_of(of, "e");
    const handle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (!builder) throw std::bad_alloc();
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    auto key = made_of("RSA", builder.get());
    if (EVP_PKEY_get_bits(key.get()) < least_rsa_bits)
        throw std::runtime_error("an RSA key has fewer than 2048 bits (RFC 7518 3.3)");
    return key;
}

std::shared_ptr<evp_pkey_st> p256_key(const json::object& of)
{
    const auto x = bytes_of(of, "x");
    const auto y = bytes_of(of, "y");
    if (x.size() != p256_bytes || y.size() != p256_bytes)
        throw std::runtime_error("a P-256 key's coordinates have 32 bytes each (RFC 7518 6.2.1)");
    std::vector<std::uint8_t> point{4}; // uncompressed
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    const handle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (!builder) throw std::bad_alloc();
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return made_of("EC", builder.get());
}

// ES256 signatures stand in tokens as two numbers, OpenSSL wants them in DER.
std::vector<std::uint8_t> der_of(std::span<const std::uint8_t> signature)
{
    if (signature.size() != 2 * p256_bytes) return {};
    handle<BIGNUM> r(BN_bin2bn(signature.data(), p256_bytes, nullptr));
    handle<BIGNUM> s(BN_bin2bn(signature.data() + p256_bytes, p256_bytes, nullptr));
    const handle<ECDSA_SIG> both(ECDSA_SIG_new());
    if (!r || !s || !both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();
    (void)s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &der);
    if (size <= 0) return {};
    const std::vector<std::uint8_t> out(der, der + size);
    OPENSSL_free(der);
    return out;
}

const unsigned char* bytes_in(std::string_view text)
{
    return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

// HMAC with SHA-256 that has taken its key.
std::shared_ptr<const EVP_MAC_CTX> keyed_by(std::string_view secret)
{
    const handle<EVP_MAC> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    handle<EVP_MAC_CTX> context(EVP_MAC_CTX_new(hmac.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_init(context.get(), bytes_in(secret), secret.size(), params) != 1)
        throw std::runtime_error("OpenSSL could not compute an HMAC");
    return context;
}

bool is_usable(const json::object& key, std::string_view algorithm)
{
    const auto use = text_of(key, "use");
    const auto named = text_of(key, "alg");
    return (use.empty() || use == "sig") && (named.empty() || named == algorithm);
}

} // namespace

bool decode_base64url(std::string_view text, std::vector<std::uint8_t>& out)
{
    out.clear();
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        int value = -1;
        if (c >= 'A' && c <= 'Z') value = c - 'A';
        if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
        if (c >= '0' && c <= '9') value = c - '0' + 52;
        if (c == '-') value = 62;
        if (c == '_') value = 63;
        if (value < 0) return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out.push_back(static_cast<std::uint8_t>(bits >> count));
    }
    const std::uint32_t rest = bits & ((1U << count) - 1); // has to be zero: one text for each value
    return count < 6 && rest == 0;
}

json_web_key json_web_key::from_secret(std::string_view secret, std::string id)
{
    if (secret.size() < least_secret)
        throw std::runtime_error("a secret for HS256 has 32 bytes or more (RFC 7518 3.2), this one " +
                                 std::to_string(secret.size()));
    json_web_key key;
    key.id_ = std::move(id);
    key.algorithm_ = signature_algorithm::hs256;
    key.keyed_ = keyed_by(secret);
    return key;
}

json_web_key json_web_key::from_public(signature_algorithm algorithm, evp_pkey_st& key, std::string id)
{
    handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    if (EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, &key, nullptr) != 1)
        throw std::runtime_error("a key's algorithm is one that OpenSSL does not offer");
    json_web_key out;
    out.id_ = std::move(id);
    out.algorithm_ = algorithm;
    out.verifying_ = std::move(context);
    return out;
}

bool json_web_key::is_keyed_digest(std::string_view of, std::span<const std::uint8_t> digest) const
{
    const handle<EVP_MAC_CTX> context(EVP_MAC_CTX_dup(keyed_.get()));
    keyed_digest made;
    std::size_t size = 0;
    return context && EVP_MAC_update(context.get(), bytes_in(of), of.size()) == 1 &&
           EVP_MAC_final(context.get(), made.data(), &size, made.size()) == 1 && size == made.size() &&
           digest.size() == made.size() && CRYPTO_memcmp(made.data(), digest.data(), made.size()) == 0;
}

bool json_web_key::verifies(std::string_view signed_text, std::span<const std::uint8_t> signature) const
{
    if (algorithm_ == signature_algorithm::hs256) return is_keyed_digest(signed_text, signature);
    std::vector<std::uint8_t> der;
    if (algorithm_ == signature_algorithm::es256) {
        der = der_of(signature);
        signature = der;
    }
    const handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
    return !signature.empty() && context && EVP_MD_CTX_copy_ex(context.get(), verifying_.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_in(signed_text),
                            signed_text.size()) == 1;
}

std::vector<json_web_key> read_key_set(std::string_view text)
{
    boost::system::error_code error;
    const json::value document = json::parse(text, error);
    if (error || !document.is_object() || !document.as_object().contains("keys") ||
        !document.as_object().at("keys").is_array())
        throw std::runtime_error("is not a JWK set, which is {\"keys\": [...]} (RFC 7517 5)");
    std::vector<json_web_key> out;
    for (const json::value& each : document.as_object().at("keys").as_array()) {
        if (!each.is_object()) throw std::runtime_error("has a key that is not an object");
        const json::object& of = each.as_object();
        const auto kind = text_of(of, "kty");
        auto id = text_of(of, "kid");
        if (kind == "RSA" && is_usable(of, "RS256")) {
            const auto key = rsa_key(of);
            out.push_back(json_web_key::from_public(signature_algorithm::rs256, *key, std::move(id)));
        } else if (kind == "EC" && text_of(of, "crv") == "P-256" && is_usable(of, "ES256")) {
            const auto key = p256_key(of);
            out.push_back(json_web_key::from_public(signature_algorithm::es256, *key, std::move(id)));
        } else if (kind == "oct" && is_usable(of, "HS256")) {
            const auto secret = bytes_of(of, "k");
            out.push_back(
                json_web_key::from_secret(std::string(secret.begin(), secret.end()), std::move(id)));
        }
    }
    if (out.empty()) throw std::runtime_error("has no key for RS256, ES256 or HS256");
    return out;
}

} // namespace fairlead::tls
