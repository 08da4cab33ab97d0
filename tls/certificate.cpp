#include "tls/certificate.hpp"

#include "tls/error_queue.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace fairlead::tls {
namespace {

constexpr int least_rsa_bits = 2'048;

struct release
{
    void operator()(BIO* of) const noexcept { BIO_free(of); }
    void operator()(X509* of) const noexcept { X509_free(of); }
    void operator()(X509_STORE* of) const noexcept { X509_STORE_free(of); }
    void operator()(X509_OBJECT* of) const noexcept { X509_OBJECT_free(of); }
    void operator()(X509_STORE_CTX* of) const noexcept { X509_STORE_CTX_free(of); }
    void operator()(AUTHORITY_INFO_ACCESS* of) const noexcept { AUTHORITY_INFO_ACCESS_free(of); }
};

template <class Kind>
using owned = std::unique_ptr<Kind, release>;

owned<BIO> reading_from(std::string_view text)
{
    return owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// There is no one to ask for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

std::vector<owned<X509>> read_certificates(std::string_view pem)
{
    std::vector<owned<X509>> out;
    const auto bio = reading_from(pem);
    for (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr); next != nullptr;
         next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))
        out.emplace_back(next);
    clear_errors(); // of the end
    return out;
}

bool has_issued(X509& issuer, X509& subject) { return X509_check_issued(&issuer, &subject) == X509_V_OK; }

// It says where its issuer's certificate is, as those of public CAs do: one that clients may not have.
bool names_its_issuers_place(X509& of)
{
    const owned<AUTHORITY_INFO_ACCESS> access(
        static_cast<AUTHORITY_INFO_ACCESS*>(X509_get_ext_d2i(&of, NID_info_access, nullptr, nullptr)));
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
        const ACCESS_DESCRIPTION* each = sk_ACCESS_DESCRIPTION_value(access.get(), i);
        if (OBJ_obj2nid(each->method) == NID_ad_ca_issuers) return true;
    }
    return false;
}

bool does_system_trust_issuer_of(X509& of)
{
    const owned<X509_STORE> store(X509_STORE_new());
    const owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
    if (!store || !context || X509_STORE_set_default_paths(store.get()) != 1) return false;
    if (X509_STORE_CTX_init(context.get(), store.get(), nullptr, nullptr) != 1) return false;
    const owned<X509_OBJECT> found(
        X509_STORE_CTX_get_obj_by_subject(context.get(), X509_LU_X509, X509_get_issuer_name(&of)));
    clear_errors();
    return found != nullptr;
}

} // namespace

class certificate_reading
{
public:
    certificate_reading(const certificate_texts& texts, wall_time now)
        : texts_(texts)
        , now_(now)
    {}

    boost::system::result<std::shared_ptr<const certificate>, std::vector<std::string>> run();

private:
    void read_key();
    void check_key();
    void take_chain();
    void check_completeness(X509& leaf);
    void check_dates();
    void take_facts(const X509& leaf);
    void take_staple(X509& leaf);
    void warn(std::string text) { made_->warnings_.push_back(std::move(text)); }

    const certificate_texts& texts_;
    wall_time now_;
    std::shared_ptr<certificate> made_{new certificate};
    std::vector<owned<X509>> read_;
    std::vector<std::string> errors_;
};

boost::system::result<std::shared_ptr<const certificate>, std::vector<std::string>> certificate_reading::run()
{
    clear_errors();
    read_ = read_certificates(texts_.chain);
    if (read_.empty()) errors_.push_back("there is no certificate in PEM in it");
    read_key();
    if (errors_.empty()) check_key();
    if (!errors_.empty()) return std::move(errors_);
    take_chain();
    check_completeness(*made_->leaf_);
    take_facts(*made_->leaf_);
    check_dates();
    if (!texts_.ocsp.empty()) take_staple(*made_->leaf_);
    return std::shared_ptr<const certificate>(std::move(made_));
}

void certificate_reading::read_key()
{
    const std::string_view text = texts_.key.empty() ? texts_.chain : texts_.key;
    const auto bio = reading_from(text);
    made_->key_ = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr);
    if (made_->key_ != nullptr) return;
    const std::string reason = take_error();
    if (text.find("PRIVATE KEY-----") == text.npos)
        errors_.push_back("there is no private key in PEM");
    else if (text.find("ENCRYPTED") != text.npos)
        errors_.push_back(
            "the private key is encrypted; write it without a passphrase (openssl pkey -in ...)");
    else
        errors_.push_back("the private key cannot be read: " + reason);
}

void certificate_reading::check_key()
{
    EVP_PKEY* key = made_->key_;
    const auto matching = std::ranges::find_if(
        read_, [&](const auto& each) { return X509_check_private_key(each.get(), key) == 1; });
    clear_errors();
    if (matching == read_.end())
        errors_.push_back("the private key is not that of the certificate '" + subject_of(*read_.front()) +
                          "'");
    else if (matching != read_.begin())
        errors_.push_back("the private key is that of certificate " +
                          std::to_string(matching - read_.begin() + 1) +
                          " in the file; the own certificate has to be the first");
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        made_->kind_ = key_kind::rsa;
        if (EVP_PKEY_get_bits(key) < least_rsa_bits)
            errors_.push_back("an RSA key of " + std::to_string(EVP_PKEY_get_bits(key)) +
                              " bits is too short; 2048 is the least");
    } else if (EVP_PKEY_is_a(key, "EC")) {
        made_->kind_ = key_kind::ecdsa;
    } else if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")) {
        made_->kind_ = key_kind::eddsa;
    } else {
        errors_.push_back("the private key is of a kind that is not used; RSA, ECDSA and EdDSA are");
    }
}

// The path up from the own certificate, in order, whatever the order in the file.
void certificate_reading::take_chain()
{
    made_->leaf_ = read_.front().release();
    read_.erase(read_.begin());
    bool is_in_order = true;
    for (X509* last = made_->leaf_; !has_issued(*last, *last);) {
        const auto above =
            std::ranges::find_if(read_, [&](const auto& each) { return has_issued(*each, *last); });
        if (above == read_.end()) break;
        is_in_order &= above == read_.begin();
        last = above->release();
        made_->chain_.push_back(last);
        read_.erase(above);
    }
    for (const auto& each : read_)
        warn("the certificate '" + subject_of(*each) + "' in it signed none of those before; it is not sent");
    if (!is_in_order && read_.empty())
        warn("the chain is not in order; it is sent in the right one, each certificate behind the one it "
             "signed");
}

void certificate_reading::check_completeness(X509& leaf)
{
    if (!made_->chain_.empty() || has_issued(leaf, leaf)) return;
    if (names_its_issuers_place(leaf) && !does_system_trust_issuer_of(leaf))
        warn("the chain is not complete: the certificate of its issuer '" + issuer_of(leaf) +
             "' is missing, and clients may not have it (use the file with the full chain)");
}

void certificate_reading::check_dates()
{
    if (now_ > made_->not_after_) warn("it has expired at " + date_text(made_->not_after_));
    if (now_ < made_->not_before_) warn("it is not valid before " + date_text(made_->not_before_));
    for (const X509* each : made_->chain_) {
        const wall_time end = not_after_of(*each);
        if (now_ > end)
            warn("the certificate '" + subject_of(*each) + "' above it has expired at " + date_text(end));
        else if (end < made_->not_after_)
            warn("the certificate '" + subject_of(*each) + "' above it expires first, at " + date_text(end));
    }
}

void certificate_reading::take_facts(const X509& leaf)
{
    made_->names_ = dns_names_of(leaf);
    if (made_->names_.empty()) {
        // The common name is no name for today's clients (RFC 9525 2), but it may be what is meant here.
        if (auto name = common_name_of(leaf); !name.empty()) made_->names_.push_back(std::move(name));
    }
    made_->subject_ = subject_of(leaf);
    made_->fingerprint_ = fingerprint_of(leaf);
    made_->not_before_ = not_before_of(leaf);
    made_->not_after_ = not_after_of(leaf);
}

void certificate_reading::take_staple(X509& leaf)
{
    X509* issuer = made_->chain_.empty() ? nullptr : made_->chain_.front();
    if (issuer == nullptr && has_issued(leaf, leaf)) issuer = &leaf;
    auto staple = read_staple(texts_.ocsp, leaf, issuer);
    if (staple.has_error()) {
        warn("the OCSP response is not stapled: " + staple.error().text);
        return;
    }
    made_->staple_ = std::move(*staple);
}

boost::system::result<std::shared_ptr<const certificate>, std::vector<std::string>>
certificate::read(const certificate_texts& texts, wall_time now)
{
    return certificate_reading(texts, now).run();
}

std::string certificate::staple_doubt(wall_time now) const
{
    if (staple_.der.empty() || staple_.is_good_at(now)) return {};
    return "the OCSP response is not stapled: it is good from " + date_text(staple_.from) + " to " +
           date_text(staple_.until);
}

certificate::~certificate()
{
    X509_free(leaf_);
    for (X509* each : chain_)
        X509_free(each);
    EVP_PKEY_free(key_);
}

} // namespace fairlead::tls
