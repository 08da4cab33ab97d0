#include "tls/digest.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

namespace fairlead::tls {
namespace {

struct digest_free
{
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetched once per thread: an implicit fetch on each call takes a global lock in OpenSSL 3.0.
struct sha1_state
{
    std::unique_ptr<EVP_MD, digest_free> digest{EVP_MD_fetch(nullptr, "SHA1", nullptr)};
    std::unique_ptr<EVP_MD_CTX, digest_free> context{EVP_MD_CTX_new()};

    sha1_state()
    {
        if (!context) throw std::bad_alloc();
        if (!digest) throw std::runtime_error("OpenSSL offers no SHA-1, which the WebSocket handshake needs");
    }
};

struct random_reserve
{
    std::array<unsigned char, 4096> bytes{};
    std::size_t used = bytes.size();
};

} // namespace

sha1_digest sha1(std::string_view first, std::string_view second)
{
    thread_local sha1_state state;
    sha1_digest out;
    unsigned int size = 0;
    const bool done = EVP_DigestInit_ex(state.context.get(), state.digest.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(state.context.get(), first.data(), first.size()) == 1 &&
                      EVP_DigestUpdate(state.context.get(), second.data(), second.size()) == 1 &&
                      EVP_DigestFinal_ex(state.context.get(), out.data(), &size) == 1;
    if (!done || size != out.size()) throw std::runtime_error("OpenSSL could not compute a SHA-1 digest");
    return out;
}

void random_bytes(std::span<std::byte> out)
{
    thread_local random_reserve reserve;
    while (!out.empty()) {
        if (reserve.used == reserve.bytes.size()) {
            if (RAND_bytes(reserve.bytes.data(), static_cast<int>(reserve.bytes.size())) != 1)
                throw std::runtime_error("OpenSSL's random generator has no entropy");
            reserve.used = 0;
        }
        const std::size_t take = std::min(out.size(), reserve.bytes.size() - reserve.used);
        std::memcpy(out.data(), reserve.bytes.data() + reserve.used, take);
        std::memset(reserve.bytes.data() + reserve.used, 0, take);
        reserve.used += take;
        out = out.subspan(take);
    }
}

} // namespace fairlead::tls
