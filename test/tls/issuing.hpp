// Makes certificates, revocation lists and OCSP responses for tests, by the library itself.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::tls_test {

struct wish
{
    std::string name = "test";     // the common name
    std::string alternatives = {}; // "DNS:a.example,IP:10.0.0.1"
    bool is_rsa = false;           // else ECDSA P-256
    int rsa_bits = 2'048;
    bool is_ca = false;
    bool names_issuers_place = false;
    int from_days = -1;
    int until_days = 90;
};

inline std::string text_of(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
}

struct issued
{
    std::shared_ptr<X509> certificate;
    std::shared_ptr<EVP_PKEY> key;

    std::string pem() const
    {
        BIO* out = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(out, certificate.get());
        return text_of(out);
    }
    std::string key_pem() const
    {
        BIO* out = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return text_of(out);
    }
    std::string encrypted_key_pem() const
    {
        BIO* out = BIO_new(BIO_s_mem());
        char phrase[] = "phrase";
        PEM_write_bio_PKCS8PrivateKey(out, key.get(), EVP_aes_256_cbc(), phrase, 6, nullptr, nullptr);
        return text_of(out);
    }
};

inline void add_extension(X509* to, X509* issuer, int kind, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (made == nullptr) throw std::runtime_error("no extension " + value);
    X509_add_ext(to, made, -1);
    X509_EXTENSION_free(made);
}

// Signed by `by`, or by itself.
inline issued issue(const wish& wanted, const issued* by = nullptr)
{
    static long serial = 1'000;
    EVP_PKEY* key = wanted.is_rsa ? EVP_RSA_gen(static_cast<unsigned>(wanted.rsa_bits)) : EVP_EC_gen("P-256");
    issued out{{X509_new(), X509_free}, {key, EVP_PKEY_free}};
    X509* made = out.certificate.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), wanted.from_days * 86'400L);
    X509_gmtime_adj(X509_getm_notAfter(made), wanted.until_days * 86'400L);
    X509_NAME* name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Tests"), -1,
                               -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1, 0);
    X509* issuer = by != nullptr ? by->certificate.get() : made;
    X509_set_issuer_name(made, X509_get_subject_name(issuer));
    X509_set_pubkey(made, key);
    if (wanted.is_ca) add_extension(made, issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, issuer, NID_subject_key_identifier, "hash");
    if (by != nullptr) add_extension(made, issuer, NID_authority_key_identifier, "keyid");
    if (!wanted.alternatives.empty()) add_extension(made, issuer, NID_subject_alt_name, wanted.alternatives);
    if (wanted.names_issuers_place)
        add_extension(made, issuer, NID_info_access, "caIssuers;URI:http://ca.example/ca.crt");
    X509_sign(made, by != nullptr ? by->key.get() : key, EVP_sha256());
    return out;
}

inline std::string revocation_list(const issued& by, const std::vector<issued>& revoked, int until_days = 30)
{
    std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> list(X509_CRL_new(), X509_CRL_free);
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(by.certificate.get()));
    std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> now(X509_gmtime_adj(nullptr, -3 * 86'400L),
                                                              ASN1_TIME_free);
    std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> until(
        X509_gmtime_adj(nullptr, until_days * 86'400L), ASN1_TIME_free);
    X509_CRL_set1_lastUpdate(list.get(), now.get());
    X509_CRL_set1_nextUpdate(list.get(), until.get());
    for (const issued& each : revoked) {
        X509_REVOKED* entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(each.certificate.get()));
        X509_REVOKED_set_revocationDate(entry, now.get());
        X509_CRL_add0_revoked(list.get(), entry);
    }
    X509_CRL_sign(list.get(), by.key.get(), EVP_sha256());
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509_CRL(out, list.get());
    return text_of(out);
}

// In DER; about `of`, signed by `signer`, of a certificate that `issuer` signed.
inline std::string ocsp_response(const issued& of, const issued& issuer, const issued& signer,
                                 int status = V_OCSP_CERTSTATUS_GOOD, int until_hours = 24)
{
    OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
    OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), of.certificate.get(), issuer.certificate.get());
    ASN1_TIME* from = X509_gmtime_adj(nullptr, -48 * 3'600L);
    ASN1_TIME* until = X509_gmtime_adj(nullptr, until_hours * 3'600L);
    ASN1_TIME* revoked = status == V_OCSP_CERTSTATUS_REVOKED ? from : nullptr;
    OCSP_basic_add1_status(basic, id, status, 0, revoked, from, until);
    OCSP_basic_sign(basic, signer.certificate.get(), signer.key.get(), EVP_sha256(), nullptr, 0);
    OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response, &der);
    std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return out;
}

} // namespace fairlead::tls_test
