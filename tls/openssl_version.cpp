#include "tls/openssl_version.hpp"

#include <openssl/crypto.h>

namespace fairlead::tls {

std::string_view openssl_version() noexcept { return ::OpenSSL_version(OPENSSL_VERSION_STRING); }

} // namespace fairlead::tls
