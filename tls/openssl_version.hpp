// The version of the OpenSSL that is loaded, as "3.0.15": not necessarily the one that was compiled against.
// Thread: any.
#pragma once

#include <string_view>

namespace fairlead::tls {

std::string_view openssl_version() noexcept;

} // namespace fairlead::tls
