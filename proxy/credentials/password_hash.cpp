#include "proxy/credentials/password_hash.hpp"

#include "tls/keyed_digest.hpp"

#include <memory>

#include <crypt.h>
#include <string.h>

namespace fairlead::credentials {

static_assert(longest_password < CRYPT_MAX_PASSPHRASE_SIZE);

bool is_password_of(const secret_text& password, const std::string& hash)
{
    if (password.view().size() > longest_password) return false;
    const auto scratch = std::make_unique<crypt_data>(); // 32 KiB
    const char* const made = ::crypt_rn(password.c_str(), hash.c_str(), scratch.get(), sizeof(crypt_data));
    const bool is_it = made != nullptr && tls::equal_in_constant_time(made, hash);
    ::explicit_bzero(scratch.get(), sizeof(crypt_data));
    return is_it;
}

} // namespace fairlead::credentials
