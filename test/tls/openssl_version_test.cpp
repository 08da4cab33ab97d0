#include "tls/openssl_version.hpp"

#include <doctest/doctest.h>

#include <openssl/opensslv.h>

namespace fairlead::tls {

TEST_CASE("the version of OpenSSL is that of the library, of the major version it was compiled against")
{
    CHECK(openssl_version().starts_with(OPENSSL_VERSION_STR[0]));
    CHECK(openssl_version().find(' ') == std::string_view::npos);
}

} // namespace fairlead::tls
