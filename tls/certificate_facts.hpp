// What an X.509 certificate says, as values.
//
// Nothing is verified here. Lists and texts from a peer's certificate are bounded, as a CA that is trusted
// may still sign strange things. Thread: any. Source: RFC 5280 4.1.2 and 4.2.1.6.
#pragma once

#include <chrono>
#include <string>
#include <vector>

struct x509_st;        // X509
struct x509_crl_st;    // X509_CRL
struct asn1_string_st; // ASN1_TIME

namespace fairlead::tls {

using wall_time = std::chrono::system_clock::time_point;

inline constexpr std::size_t max_alternative_names = 64; // that are read of a peer's certificate
inline constexpr std::size_t longest_alternative_name = 512;

std::string subject_of(const x509_st& certificate); // RFC 2253, ASCII: "CN=a.example,O=Example"
std::string issuer_of(const x509_st& certificate);
std::string common_name_of(const x509_st& certificate); // the last one; empty: none

std::vector<std::string> dns_names_of(const x509_st& certificate); // SANs, lower case, all of them

// "DNS:a.example", "IP:10.0.0.1", "URI:spiffe://a/b", "email:a@example"; others are left out, and so are
// those with control characters or above the bounds.
std::vector<std::string> alternative_names_of(const x509_st& certificate);

std::string fingerprint_of(const x509_st& certificate); // SHA-256 of the DER, lower-case hex
wall_time not_before_of(const x509_st& certificate);
wall_time not_after_of(const x509_st& certificate);
wall_time
to_wall_time(const asn1_string_st& time); // GeneralizedTime or UTCTime; the epoch when it is neither

std::string date_text(wall_time time); // "2026-11-27 09:30:00Z"

} // namespace fairlead::tls
