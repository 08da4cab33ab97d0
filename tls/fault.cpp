#include "tls/fault.hpp"

#include "tls/error_queue.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstring>

namespace fairlead::tls {
namespace {

// RFC 8446 6.2; an alert that was received is reported as its number above this.
constexpr int alert_reasons = SSL_AD_REASON_OFFSET;

fault of_verification(long result) noexcept
{
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return fault::expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return fault::wrong_name;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_UNTRUSTED: return fault::unknown_ca;
    case X509_V_ERR_CERT_REVOKED: return fault::revoked;
    default: return fault::bad_certificate; // of the library's open set
    }
}

fault of_alert(int alert) noexcept
{
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION: return fault::no_shared_version;
    case SSL_AD_UNRECOGNIZED_NAME: return fault::unknown_name;
    case SSL_AD_NO_APPLICATION_PROTOCOL: return fault::no_shared_protocol;
    case SSL_AD_CERTIFICATE_REQUIRED: return fault::client_certificate_missing;
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_BAD_RECORD_MAC: return fault::bad_record;
    default: return fault::refused_by_peer; // of the registry's open set
    }
}

fault of_reason(int reason, const SSL& ssl) noexcept
{
    if (reason >= alert_reasons && reason < alert_reasons + 256) return of_alert(reason - alert_reasons);
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return fault::plain_http;
    case SSL_R_WRONG_VERSION_NUMBER: // of a record's header
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG: return fault::garbage;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_INAPPROPRIATE_FALLBACK: return fault::no_shared_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: return fault::no_shared_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return fault::no_shared_protocol;
    case SSL_R_CALLBACK_FAILED: return fault::unknown_name; // the only one that refuses
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return fault::client_certificate_missing;
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return of_verification(SSL_get_verify_result(&ssl));
    case ERR_R_MALLOC_FAILURE:
    case ERR_R_INTERNAL_ERROR: return fault::other;
    default: return fault::bad_record; // of the library's open set
    }
}

// The connection ended without a close_notify.
fault of_end(const SSL& ssl, bool is_handshake) noexcept
{
    if (is_handshake) return fault::truncated;
    const bool is_in_body = std::strcmp(SSL_rstate_string(&ssl), "RB") == 0;
    return is_in_body || SSL_has_pending(&ssl) == 1 ? fault::truncated : fault::close_notify_missing;
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
    return "";
}

failure failure_of(const ssl_st& ssl, int ssl_error, int system_error, bool is_handshake)
{
    const unsigned long code = ERR_peek_error();
    if (code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        clear_errors();
        if (ssl_error == SSL_ERROR_SYSCALL && system_error != 0)
            return {fault::reset, std::strerror(system_error)};
        return {of_end(ssl, is_handshake), "the connection ended"};
    }
    const fault what =
        ERR_GET_LIB(code) == ERR_LIB_SSL ? of_reason(ERR_GET_REASON(code), ssl) : fault::bad_record;
    std::string text = take_error();
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        text += ": " + std::string(X509_verify_cert_error_string(SSL_get_verify_result(&ssl)));
    return {what, std::move(text)};
}

} // namespace fairlead::tls
