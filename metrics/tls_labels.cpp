#include "metrics/tls_labels.hpp"

namespace fairlead::metrics {

std::string_view label(tls_version value) noexcept
{
    switch (value) {
    case tls_version::v1_2: return "1.2";
    case tls_version::v1_3: return "1.3";
    }
    return {};
}

std::string_view label(tls_start value) noexcept
{
    switch (value) {
    case tls_start::full: return "full";
    case tls_start::resumed: return "resumed";
    }
    return {};
}

std::string_view label(tls_fault value) noexcept
{
    switch (value) {
    case tls_fault::plain_http: return "plain_http";
    case tls_fault::garbage: return "garbage";
    case tls_fault::no_shared_version: return "no_shared_version";
    case tls_fault::no_shared_cipher: return "no_shared_cipher";
    case tls_fault::no_shared_protocol: return "no_shared_protocol";
    case tls_fault::unknown_name: return "unknown_name";
    case tls_fault::client_certificate_missing: return "client_certificate_missing";
    case tls_fault::expired: return "expired";
    case tls_fault::wrong_name: return "wrong_name";
    case tls_fault::unknown_ca: return "unknown_ca";
    case tls_fault::revoked: return "revoked";
    case tls_fault::bad_certificate: return "bad_certificate";
    case tls_fault::refused_by_peer: return "refused_by_peer";
    case tls_fault::truncated: return "truncated";
    case tls_fault::close_notify_missing: return "close_notify_missing";
    case tls_fault::reset: return "reset";
    case tls_fault::bad_record: return "bad_record";
    case tls_fault::timeout: return "timeout";
    case tls_fault::other: return "other";
    }
    return {};
}

} // namespace fairlead::metrics
