#include "tls/trusted_authorities.hpp"

#include "tls/certificate_facts.hpp"
#include "tls/error_queue.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
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

// The blocks of one kind, up to the end or to the first that cannot be read.
template <class Kind>
struct pem_blocks
{
    std::vector<owned<Kind>> read;
    std::string problem; // of the block behind them; empty: there is none
};

template <class Kind>
pem_blocks<Kind> read_all(std::string_view pem, Kind* (*read)(BIO*, Kind**, pem_password_cb*, void*))
{
    pem_blocks<Kind> out;
    clear_errors();
    const owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    while (Kind* next = read(bio.get(), nullptr, nullptr, nullptr))
        out.read.emplace_back(next);
    const unsigned long last = ERR_peek_last_error();
    const bool is_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    const std::string reason = take_error();
    if (!is_end) out.problem = reason;
    return out;
}

// What is kept of them would be a part of what is meant: some CAs, or some of those that are revoked.
template <class Kind>
void expect_whole(const pem_blocks<Kind>& blocks, const std::string& kind, const std::string& place,
                  std::vector<std::string>& errors)
{
    if (!blocks.problem.empty())
        errors.push_back(kind + " " + std::to_string(blocks.read.size() + 1) + " " + place +
                         " is broken or cut off: " + blocks.problem);
    else if (blocks.read.empty())
        errors.push_back("there is no " + kind + " in PEM " + place);
}

std::string_view word_of(client_auth asks) noexcept
{
    switch (asks) {
    case client_auth::none: return "none";
    case client_auth::optional: return "optional";
    case client_auth::required: return "required";
    }
    return "";
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
    expect_whole(certificates, "certificate", "among the CAs", errors);
    for (const auto& each : certificates.read)
        X509_STORE_add_cert(store.get(), each.get());
    if (!crl.empty()) {
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
        const auto lists = read_all<X509_CRL>(crl, PEM_read_bio_X509_CRL);
        expect_whole(lists, "revocation list", "in the CRL", errors);
        for (const auto& each : lists.read)
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
    const auto certificates = read_all<X509>(ca_, PEM_read_bio_X509);
    for (const auto& each : certificates.read) {
        if (SSL_CTX_add_client_CA(&server, each.get()) != 1) return false;
    }
    return true;
}

bool trusted_authorities::trust(ssl_ctx_st& client) const
{
    SSL_CTX_set1_cert_store(&client, store_.get());
    return true;
}

std::array<std::uint8_t, 32> session_context_id(client_auth asks, std::string_view ca, std::string_view crl)
{
    std::string text(word_of(asks));
    if (asks != client_auth::none)
        text += " " + std::to_string(ca.size()) + " " + std::string(ca) + std::string(crl);
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
    const auto certificates = read_all<X509>(ca, PEM_read_bio_X509);
    const auto lists = read_all<X509_CRL>(crl, PEM_read_bio_X509_CRL);
    for (const auto& each : certificates.read) {
        const auto is_its = [&](const auto& list) {
            return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(each.get())) == 0;
        };
        const auto found = std::ranges::find_if(lists.read, is_its);
        if (found == lists.read.end()) {
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
