#include "tls/keyed_digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstddef>
#include <stdexcept>

namespace fairlead::tls {

keyed_digest hmac_sha256(std::string_view key, std::string_view text)
{
    keyed_digest out;
    std::size_t size = 0;
    const auto* bytes = static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
    const bool done = EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), bytes,
                                text.size(), out.data(), out.size(), &size) != nullptr;
    if (!done || size != out.size()) throw std::runtime_error("OpenSSL could not compute an HMAC");
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace fairlead::tls
