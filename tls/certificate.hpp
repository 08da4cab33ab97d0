// A certificate with its chain and key, read once and checked: what a server shows to clients, or we to
// backends.
//
// Immutable; share it as shared_ptr<const certificate>. The key is nowhere in texts, messages or logs.
// Thread: any.
#pragma once

#include "tls/certificate_facts.hpp"
#include "tls/ocsp_staple.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st; // EVP_PKEY

namespace fairlead::tls {

// The contents of files, not their paths.
struct certificate_texts
{
    std::string_view chain; // PEM: the own certificate, then those above it, each signing the one before
    std::string_view key;   // PEM, unencrypted; empty: it stands in `chain`
    std::string_view ocsp;  // DER (RFC 6960); empty: none
};

enum class key_kind : std::uint8_t
{
    rsa,
    ecdsa,
    eddsa
};

class certificate
{
public:
    // Errors: why it cannot be used, one sentence for each reason: no certificate or key in the text, a key
    // that is encrypted or of another certificate, a kind or size of key that is not used. What is only
    // doubtful is in warnings(): expired or not valid yet, a chain in the wrong order or without its
    // intermediates, no names, an OCSP response that is of another certificate or does not say good.
    static boost::system::result<std::shared_ptr<const certificate>, std::vector<std::string>>
    read(const certificate_texts& texts, wall_time now);

    ~certificate();
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    // Of the SANs: "chat.example.com", "*.example.com", in lower case; of the common name where there are
    // none.
    const std::vector<std::string>& names() const noexcept { return names_; }
    const std::string& subject() const noexcept { return subject_; } // RFC 2253
    wall_time not_before() const noexcept { return not_before_; }
    wall_time not_after() const noexcept { return not_after_; }
    key_kind kind() const noexcept { return kind_; }
    const std::string& fingerprint() const noexcept { return fingerprint_; } // SHA-256, lower-case hex
    const std::vector<std::string>& warnings() const noexcept { return warnings_; }

    // The response to staple at that time; empty: none, or none that is good now.
    std::string_view staple(wall_time now) const noexcept
    {
        return staple_.is_good_at(now) ? std::string_view(staple_.der) : std::string_view();
    }
    // Why a response that is there is not stapled at that time; empty: it is, or there is none.
    std::string staple_doubt(wall_time now) const;
    bool is_valid_at(wall_time now) const noexcept { return now >= not_before_ && now <= not_after_; }

    x509_st* leaf() const noexcept { return leaf_; }
    const std::vector<x509_st*>& chain() const noexcept { return chain_; } // without the leaf
    evp_pkey_st* key() const noexcept { return key_; }

private:
    certificate() = default;
    friend class certificate_reading;

    x509_st* leaf_ = nullptr;
    std::vector<x509_st*> chain_;
    evp_pkey_st* key_ = nullptr;
    std::vector<std::string> names_;
    std::string subject_;
    std::string fingerprint_;
    std::vector<std::string> warnings_;
    wall_time not_before_;
    wall_time not_after_;
    key_kind kind_ = key_kind::rsa;
    ocsp_staple staple_;
};

} // namespace fairlead::tls
