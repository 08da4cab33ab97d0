#include "tls/context_owned.hpp"

#include <openssl/ssl.h>

namespace fairlead::tls {
namespace {

using reference = std::shared_ptr<const context_owned>;

void release(void*, void* value, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<reference*>(value); }

int place()
{
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, release);
    return index;
}

} // namespace

bool context_owned::give(ssl_ctx_st& to, reference value)
{
    auto held = std::make_unique<reference>(std::move(value));
    if (SSL_CTX_set_ex_data(&to, place(), held.get()) != 1) return false;
    (void)held.release();
    return true;
}

const context_owned* context_owned::of(const ssl_ctx_st& context) noexcept
{
    const auto* held = static_cast<const reference*>(SSL_CTX_get_ex_data(&context, place()));
    return held == nullptr ? nullptr : held->get();
}

const context_owned* context_owned::of(const ssl_st& ssl) noexcept { return of(*SSL_get_SSL_CTX(&ssl)); }

} // namespace fairlead::tls
