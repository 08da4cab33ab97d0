// The closed sets of label values that are about TLS, as in labels.hpp.
#pragma once

#include "metrics/labels.hpp"

#include <cstdint>
#include <string_view>

namespace fairlead::metrics {

enum class tls_version : std::uint8_t
{
    v1_2,
    v1_3
};

enum class tls_start : std::uint8_t
{
    full,
    resumed
};

// Why a TLS connection failed, in its handshake or after it. docs/tls.md says what each means.
enum class tls_fault : std::uint8_t
{
    plain_http,
    garbage,
    no_shared_version,
    no_shared_cipher,
    no_shared_protocol,
    unknown_name,
    client_certificate_missing,
    expired,
    wrong_name,
    unknown_ca,
    revoked,
    bad_certificate,
    refused_by_peer,
    truncated,
    close_notify_missing,
    reset,
    bad_record,
    timeout,
    other
};

std::string_view label(tls_version value) noexcept;
std::string_view label(tls_start value) noexcept;
std::string_view label(tls_fault value) noexcept;

template <>
inline constexpr tls_version last_of<tls_version> = tls_version::v1_3;
template <>
inline constexpr tls_start last_of<tls_start> = tls_start::resumed;
template <>
inline constexpr tls_fault last_of<tls_fault> = tls_fault::other;

} // namespace fairlead::metrics
