#include "tls/fault.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <system_error>

namespace fairlead::tls {
namespace {

fault of_alert(int alert) noexcept
{
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION: return fault::no_shared_version;
    case SSL_AD_UNRECOGNIZED_NAME: return fault::unknown_name;
    case SSL_AD_NO_APPLICATION_PROTOCOL: return fault::no_shared_protocol;
    default: return fault::refused_by_peer;
    }
}

fault of_verification(long result) noexcept
{
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return fault::expired;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_UNTRUSTED: return fault::unknown_ca;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return fault::wrong_name;
    case X509_V_ERR_CERT_REVOKED: return fault::revoked;
    default: return fault::bad_certificate;
    }
}

fault of_reason(int reason, bool is_handshake) noexcept
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return fault::plain_http;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL: return fault::garbage;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION: return fault::no_shared_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: return fault::no_shared_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return fault::no_shared_protocol;
    case SSL_R_CALLBACK_FAILED: return fault::unknown_name; // the only callback that refuses
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return fault::client_certificate_missing;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return is_handshake ? fault::truncated : fault::close_notify_missing;
    case ERR_R_MALLOC_FAILURE:
    case ERR_R_INTERNAL_ERROR: return fault::other;
    default: return fault::bad_record;
    }
}

} // namespace

std::string_view word_of(fault what) noexcept
{
    switch (what) {
    case fault::plain_http: return "plain_http";
    case fault::garbage: return "garbage";
    case fault::no_shared_version: return "no_shared_version";
    case fault::no_shared_cipher: return "no_shared_cipher";
    case fault::no_shared_protocol: return "no_shared_protocol";
    case fault::unknown_name: return "unknown_name";
    case fault::client_certificate_missing: return "client_certificate_missing";
    case fault::expired: return "expired";
    case fault::wrong_name: return "wrong_name";
    case fault::unknown_ca: return "unknown_ca";
    case fault::revoked: return "revoked";
    case fault::bad_certificate: return "bad_certificate";
    case fault::refused_by_peer: return "refused_by_peer";
    case fault::truncated: return "truncated";
    case fault::close_notify_missing: return "close_notify_missing";
    case fault::reset: return "reset";
    case fault::bad_record: return "bad_record";
    case fault::timeout: return "timeout";
    case fault::other: return "other";
    }
    return {};
}

failure failure_of(const ssl_st& ssl, int ssl_error, int system_error, bool is_handshake)
{
    const unsigned long error = ERR_peek_error();
    const int reason = ERR_GET_REASON(error);
    ERR_clear_error();
    if (ssl_error == SSL_ERROR_SYSCALL && system_error != 0)
        return {fault::reset, std::generic_category().message(system_error)};
    if (ssl_error != SSL_ERROR_SSL || error == 0)
        return {is_handshake ? fault::truncated : fault::close_notify_missing, "the peer ended TCP"};
    const char* const text = ERR_reason_error_string(error);
    const std::string words = text != nullptr ? text : "";
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return {fault::other, words};
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        const long result = SSL_get_verify_result(&ssl);
        return {of_verification(result), X509_verify_cert_error_string(result)};
    }
    const bool is_alert = reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256;
    return {is_alert ? of_alert(reason - SSL_AD_REASON_OFFSET) : of_reason(reason, is_handshake), words};
}

} // namespace fairlead::tls
