#include "tls/trusted_authorities.hpp"

#include "tls/certificate_facts.hpp"
#include "tls/error_queue.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <stdexcept>

namespace fairlead::tls {
namespace {

struct release
{
    void operator()(BIO* of) const noexcept { BIO_free(of); }
    void operator()(X509* of) const noexcept { X509_free(of); }
    void operator()(X509_CRL* of) const noexcept { X509_CRL_free(of); }
};

template <class Kind>
using owned = std::unique_ptr<Kind, release>;

template <class Kind>
std::vector<owned<Kind>> read_all(std::string_view pem, Kind* (*read)(BIO*, Kind**, pem_password_cb*, void*))
{
    std::vector<owned<Kind>> out;
    const owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    while (Kind* next = read(bio.get(), nullptr, nullptr, nullptr))
        out.emplace_back(next);
    clear_errors(); // of the end
    return out;
}

} // namespace

boost::system::result<trusted_authorities, std::vector<std::string>>
trusted_authorities::read(std::string_view ca, std::string_view crl)
{
    std::vector<std::string> errors;
    const std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
    if (!store) return std::vector<std::string>{"OpenSSL cannot make a store"};
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
    const auto certificates = read_all<X509>(ca, PEM_read_bio_X509);
    if (certificates.empty()) errors.emplace_back("there is no certificate in PEM among the CAs");
    for (const auto& each : certificates)
        X509_STORE_add_cert(store.get(), each.get());
    if (!crl.empty()) {
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
        const auto lists = read_all<X509_CRL>(crl, PEM_read_bio_X509_CRL);
        if (lists.empty()) errors.emplace_back("there is no revocation list in PEM in the CRL");
        for (const auto& each : lists)
            X509_STORE_add_crl(store.get(), each.get());
    }
    if (!errors.empty()) return errors;
    X509_STORE_set_flags(store.get(), flags);
    trusted_authorities out;
    out.store_ = store;
    out.ca_ = ca;
    return out;
}

bool trusted_authorities::apply(ssl_ctx_st& server, bool is_required) const
{
    if (!trust(server)) return false;
    SSL_CTX_set_verify(&server, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
    for (const auto& each : read_all<X509>(ca_, PEM_read_bio_X509)) {
        if (SSL_CTX_add_client_CA(&server, each.get()) != 1) return false;
    }
    return true;
}

bool trusted_authorities::trust(ssl_ctx_st& client) const
{
    SSL_CTX_set1_cert_store(&client, store_.get());
    return true;
}

std::array<std::uint8_t, 32> session_context_id(bool verifies_clients, std::string_view ca,
                                                std::string_view crl)
{
    std::string text = verifies_clients ? "verifies " : "does not verify";
    if (verifies_clients) text += std::to_string(ca.size()) + " " + std::string(ca) + std::string(crl);
    std::array<std::uint8_t, 32> out{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL could not compute a SHA-256 digest");
    return out;
}

std::vector<std::string> doubts_about(std::string_view ca, std::string_view crl)
{
    std::vector<std::string> out;
    if (crl.empty()) return out;
    const auto lists = read_all<X509_CRL>(crl, PEM_read_bio_X509_CRL);
    for (const auto& each : read_all<X509>(ca, PEM_read_bio_X509)) {
        const auto is_its = [&](const auto& list) {
            return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(each.get())) == 0;
        };
        const auto found = std::ranges::find_if(lists, is_its);
        if (found == lists.end()) {
            out.push_back("there is no revocation list of '" + subject_of(*each) +
                          "': clients with its certificates are refused");
            continue;
        }
        const ASN1_TIME* next = X509_CRL_get0_nextUpdate(found->get());
        if (next != nullptr && X509_cmp_current_time(next) < 0)
            out.push_back("the revocation list of '" + subject_of(*each) + "' is out of date since " +
                          date_text(to_wall_time(*next)) + ": clients with its certificates are refused");
    }
    return out;
}

} // namespace fairlead::tls
