#include "tls/fault.hpp"

#include <doctest/doctest.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <set>
#include <string>

using namespace fairlead;
using tls::fault;

namespace {

fault of_reason(int reason, long verification = X509_V_OK)
{
    return tls::classify(ERR_PACK(ERR_LIB_SSL, 0, reason), verification);
}

} // namespace

TEST_CASE("each way for a handshake to fail has its own fault")
{
    CHECK(of_reason(SSL_R_HTTP_REQUEST) == fault::plain_http);
    CHECK(of_reason(SSL_R_WRONG_VERSION_NUMBER) == fault::not_tls);
    CHECK(of_reason(SSL_R_UNSUPPORTED_PROTOCOL) == fault::no_shared_version);
    CHECK(of_reason(SSL_R_NO_SHARED_CIPHER) == fault::no_shared_cipher);
    CHECK(of_reason(SSL_R_CALLBACK_FAILED) == fault::unknown_name);
    CHECK(of_reason(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) == fault::no_certificate);
    CHECK(of_reason(SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC) == fault::bad_record);
    CHECK(of_reason(SSL_R_UNEXPECTED_MESSAGE) == fault::protocol);
    CHECK(of_reason(ERR_R_MALLOC_FAILURE) == fault::internal);
}

TEST_CASE("a refused certificate is told by what its verification said")
{
    const auto of = [](long result) { return of_reason(SSL_R_CERTIFICATE_VERIFY_FAILED, result); };
    CHECK(of(X509_V_ERR_CERT_HAS_EXPIRED) == fault::expired_certificate);
    CHECK(of(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) == fault::unknown_ca);
    CHECK(of(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) == fault::unknown_ca);
    CHECK(of(X509_V_ERR_HOSTNAME_MISMATCH) == fault::wrong_name);
    CHECK(of(X509_V_ERR_CERT_REVOKED) == fault::revoked_certificate);
    CHECK(of(X509_V_ERR_INVALID_PURPOSE) == fault::bad_certificate);
}

TEST_CASE("a peer's alert is its refusal, but for those that say more (RFC 8446 6.2)")
{
    CHECK(of_reason(SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA) == fault::refused_by_peer);
    CHECK(of_reason(SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION) == fault::no_shared_version);
    CHECK(of_reason(SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME) == fault::unknown_name);
    const unsigned long error = ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA);
    CHECK(tls::describe(fault::refused_by_peer, error, X509_V_OK) ==
          "it refused with the alert \"unknown CA\"");
}

TEST_CASE("every fault has a name and a sentence of its own")
{
    std::set<std::string> names;
    for (std::size_t i = 0; i < tls::fault_count; ++i) {
        const auto why = static_cast<fault>(i);
        names.insert(std::string(tls::name_of(why)));
        CHECK_FALSE(tls::describe(why, 0, X509_V_OK).empty());
    }
    CHECK(names.size() == tls::fault_count);
    CHECK_FALSE(names.contains(""));
}
