#include "tls/fault.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace fairlead::tls {
namespace {

bool is_alert(unsigned long error) noexcept
{
    const int reason = ERR_GET_REASON(error);
    return ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
           reason < SSL_AD_REASON_OFFSET + 256;
}

fault classify_alert(int alert) noexcept
{
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION: return fault::no_shared_version;
    case SSL_AD_UNRECOGNIZED_NAME: return fault::unknown_name;
    case SSL_AD_NO_APPLICATION_PROTOCOL: return fault::no_shared_protocol;
    default: return fault::refused_by_peer;
    }
}

fault classify_reason(int reason, long verification) noexcept
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return fault::plain_http;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL: return fault::not_tls;
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
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return fault::no_certificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return classify_verification(verification);
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_DATA_LENGTH_TOO_LONG:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG: return fault::bad_record;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return fault::ended;
    case ERR_R_MALLOC_FAILURE:
    case ERR_R_INTERNAL_ERROR: return fault::internal;
    default: return fault::protocol;
    }
}

} // namespace

fault classify(unsigned long error, long verification) noexcept
{
    if (error == 0) return fault::internal;
    if (is_alert(error)) return classify_alert(ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL) return classify_reason(ERR_GET_REASON(error), verification);
    return verification != X509_V_OK ? classify_verification(verification) : fault::protocol;
}

fault classify_verification(long verification) noexcept
{
    switch (verification) {
    case X509_V_OK: return fault::none;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return fault::expired_certificate;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_UNTRUSTED: return fault::unknown_ca;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return fault::wrong_name;
    case X509_V_ERR_CERT_REVOKED: return fault::revoked_certificate;
    default: return fault::bad_certificate;
    }
}

std::string_view name_of(fault why) noexcept
{
    switch (why) {
    case fault::none: return "none";
    case fault::plain_http: return "plain_http";
    case fault::not_tls: return "not_tls";
    case fault::no_shared_version: return "no_shared_version";
    case fault::no_shared_cipher: return "no_shared_cipher";
    case fault::no_shared_protocol: return "no_shared_protocol";
    case fault::unknown_name: return "unknown_name";
    case fault::no_certificate: return "no_certificate";
    case fault::expired_certificate: return "expired_certificate";
    case fault::unknown_ca: return "unknown_ca";
    case fault::wrong_name: return "wrong_name";
    case fault::revoked_certificate: return "revoked_certificate";
    case fault::bad_certificate: return "bad_certificate";
    case fault::refused_by_peer: return "refused_by_peer";
    case fault::bad_record: return "bad_record";
    case fault::protocol: return "protocol";
    case fault::ended: return "ended";
    case fault::reset: return "reset";
    case fault::timed_out: return "timed_out";
    case fault::internal: return "internal";
    }
    return {};
}

std::string describe(fault why, unsigned long error, long verification)
{
    switch (why) {
    case fault::none: return "no fault";
    case fault::plain_http: return "it speaks plain HTTP";
    case fault::not_tls: return "what it speaks is not TLS";
    case fault::no_shared_version: return "no version of TLS is common";
    case fault::no_shared_cipher: return "no cipher, group or signature algorithm is common";
    case fault::no_shared_protocol: return "no protocol of ALPN is common";
    case fault::unknown_name: return "there is no certificate for the name";
    case fault::no_certificate: return "it shows no certificate";
    case fault::expired_certificate:
    case fault::unknown_ca:
    case fault::wrong_name:
    case fault::revoked_certificate:
    case fault::bad_certificate:
        return std::string("its certificate is refused: ") + X509_verify_cert_error_string(verification);
    case fault::refused_by_peer:
        return std::string("it refused with the alert \"") +
               SSL_alert_desc_string_long(ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET) + '"';
    case fault::bad_record:
    case fault::protocol:
    case fault::internal: {
        const char* const text = ERR_reason_error_string(error);
        return text != nullptr ? std::string("TLS failed: ") + text : std::string("TLS failed");
    }
    case fault::ended: return "it ended TCP in the middle";
    case fault::reset: return "TCP broke";
    case fault::timed_out: return "it took too long";
    }
    return {};
}

} // namespace fairlead::tls
