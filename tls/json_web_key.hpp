// Public keys and secrets by which signed tokens are verified (RFC 7517, RFC 7518): RS256, ES256 and HS256.
//
// Of a key set only keys for signatures of these three kinds are taken; the others are left out, as RFC
// 7517 5 asks. An algorithm belongs to a kind of key, and a key verifies by its own alone: a token cannot
// choose to have an RSA key's text taken for a secret. Thread: any; immutable after reading. Errors:
// reading tells what is wrong, verifying is true or false.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct evp_mac_ctx_st;
struct evp_md_ctx_st;
struct evp_pkey_st;

namespace fairlead::tls {

enum class signature_algorithm : std::uint8_t
{
    rs256, // RSASSA-PKCS1-v1_5 with SHA-256, of 2,048 bits or more
    es256, // ECDSA with P-256 and SHA-256
    hs256  // HMAC with SHA-256, of a secret of 32 bytes or more (RFC 7518 3.2)
};

class json_web_key
{
public:
    // Throws std::runtime_error for a secret that is too short.
    static json_web_key from_secret(std::string_view secret, std::string id = {});

    const std::string& id() const noexcept { return id_; } // "kid"; may be empty
    signature_algorithm algorithm() const noexcept { return algorithm_; }

    // `signature` as it stands in a token: for ES256 two numbers of 32 bytes.
    bool verifies(std::string_view signed_text, std::span<const std::uint8_t> signature) const;

private:
    friend std::vector<json_web_key> read_key_set(std::string_view json);
    static json_web_key from_public(signature_algorithm algorithm, evp_pkey_st& key, std::string id);
    bool is_keyed_digest(std::string_view of, std::span<const std::uint8_t> digest) const;

    std::string id_;
    signature_algorithm algorithm_ = signature_algorithm::rs256;
    // Ready to begin with, and copied for each verification: to set one up fetches algorithms, under a lock
    // of the process in OpenSSL 3.0. One of the two is null.
    std::shared_ptr<const evp_md_ctx_st> verifying_;
    std::shared_ptr<const evp_mac_ctx_st> keyed_; // by a secret
};

// The usable keys of a JWK set. Throws std::runtime_error with what is wrong when it is none, when a key of a
// known kind is broken, or when no key is usable.
std::vector<json_web_key> read_key_set(std::string_view json);

// RFC 4648 5 without padding; nothing when it is not.
bool decode_base64url(std::string_view text, std::vector<std::uint8_t>& out);

} // namespace fairlead::tls
