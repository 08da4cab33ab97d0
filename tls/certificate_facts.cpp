#include "tls/certificate_facts.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <memory>
#include <string_view>

namespace fairlead::tls {
namespace {

struct release
{
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
    void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
    void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
};

using name_list = std::unique_ptr<GENERAL_NAMES, release>;

std::string text_of(const X509_NAME* name)
{
    const std::unique_ptr<BIO, release> out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    const char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(std::max(size, 0L))};
}

std::string_view view_of(const ASN1_STRING* text)
{
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

name_list alternative_names(const X509& certificate)
{
    return name_list(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
}

bool is_printable(std::string_view text)
{
    return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

std::string ip_text(std::string_view bytes)
{
    if (bytes.size() != 4 && bytes.size() != 16) return {};
    std::string out;
    if (bytes.size() == 4) {
        for (const char each : bytes)
            out += (out.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(each));
        return out;
    }
    // As OpenSSL takes them for comparison; not shortened.
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        std::array<char, 8> group;
        const unsigned value =
            static_cast<unsigned char>(bytes[i]) * 256U + static_cast<unsigned char>(bytes[i + 1]);
        std::snprintf(group.data(), group.size(), "%s%x", i == 0 ? "" : ":", value);
        out += group.data();
    }
    return out;
}

std::string text_of(const GENERAL_NAME& name)
{
    switch (name.type) {
    case GEN_DNS: return "DNS:" + std::string(view_of(name.d.dNSName));
    case GEN_URI: return "URI:" + std::string(view_of(name.d.uniformResourceIdentifier));
    case GEN_EMAIL: return "email:" + std::string(view_of(name.d.rfc822Name));
    case GEN_IPADD: {
        std::string text = ip_text(view_of(name.d.iPAddress));
        return text.empty() ? text : "IP:" + text;
    }
    default: return {}; // of an open set: the library's constants
    }
}

} // namespace

std::string subject_of(const x509_st& certificate) { return text_of(X509_get_subject_name(&certificate)); }

std::string issuer_of(const x509_st& certificate) { return text_of(X509_get_issuer_name(&certificate)); }

std::string common_name_of(const x509_st& certificate)
{
    const X509_NAME* subject = X509_get_subject_name(&certificate);
    int at = -1;
    for (int next; (next = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        at = next;
    if (at < 0) return {};
    return std::string(view_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

std::vector<std::string> dns_names_of(const x509_st& certificate)
{
    std::vector<std::string> out;
    const name_list names = alternative_names(certificate);
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DNS) continue;
        std::string text(view_of(name->d.dNSName));
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
        if (is_printable(text)) out.push_back(std::move(text));
    }
    return out;
}

std::vector<std::string> alternative_names_of(const x509_st& certificate)
{
    std::vector<std::string> out;
    const name_list names = alternative_names(certificate);
    const int count = sk_GENERAL_NAME_num(names.get()); // -1 for none
    for (int i = 0; i < count && out.size() < max_alternative_names; ++i) {
        std::string text = text_of(*sk_GENERAL_NAME_value(names.get(), i));
        if (!text.empty() && text.size() <= longest_alternative_name && is_printable(text))
            out.push_back(std::move(text));
    }
    return out;
}

std::string fingerprint_of(const x509_st& certificate)
{
    // Fetched once: an implicit fetch on each call takes a global lock in OpenSSL 3.0.
    static const std::unique_ptr<EVP_MD, release> sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (!sha256 || X509_digest(&certificate, sha256.get(), digest.data(), &size) != 1) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out += digits[digest[i] >> 4U];
        out += digits[digest[i] & 15U];
    }
    return out;
}

wall_time not_before_of(const x509_st& certificate)
{
    return to_wall_time(*X509_get0_notBefore(&certificate));
}

wall_time not_after_of(const x509_st& certificate) { return to_wall_time(*X509_get0_notAfter(&certificate)); }

wall_time to_wall_time(const asn1_string_st& time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(&time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string date_text(wall_time time)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text;
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", &parts)};
}

} // namespace fairlead::tls
