#include "tls/json_web_key.hpp"

#include "tls/keyed_digest.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
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
    key.secret_ = secret;
    return key;
}

bool json_web_key::verifies(std::string_view signed_text, std::span<const std::uint8_t> signature) const
{
    if (algorithm_ == signature_algorithm::hs256) {
        const auto digest = hmac_sha256(secret_, signed_text);
        const auto as_text = [](std::span<const std::uint8_t> bytes) {
            return std::string(bytes.begin(), bytes.end());
        };
        return equal_in_constant_time(as_text(digest), as_text(signature));
    }
    std::vector<std::uint8_t> der;
    if (algorithm_ == signature_algorithm::es256) {
        der = der_of(signature);
        signature = der;
    }
    const handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const auto* text = static_cast<const unsigned char*>(static_cast<const void*>(signed_text.data()));
    return !signature.empty() && context &&
           EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) ==
               1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), text, signed_text.size()) == 1;
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
        json_web_key key;
        key.id_ = text_of(of, "kid");
        if (kind == "RSA" && is_usable(of, "RS256")) {
            key.key_ = rsa_key(of);
        } else if (kind == "EC" && text_of(of, "crv") == "P-256" && is_usable(of, "ES256")) {
            key.algorithm_ = signature_algorithm::es256;
            key.key_ = p256_key(of);
        } else if (kind == "oct" && is_usable(of, "HS256")) {
            const auto secret = bytes_of(of, "k");
            key = json_web_key::from_secret(std::string(secret.begin(), secret.end()), key.id_);
        } else {
            continue;
        }
        out.push_back(std::move(key));
    }
    if (out.empty()) throw std::runtime_error("has no key for RS256, ES256 or HS256");
    return out;
}

} // namespace fairlead::tls
