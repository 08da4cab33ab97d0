// The metrics' word for why a TLS connection failed; neither `tls` nor `metrics` knows the other.
//
// Pure. Both sets are in the same order, which a test holds them to.
#pragma once

#include "metrics/tls_labels.hpp"
#include "tls/fault.hpp"

namespace fairlead::credentials {

constexpr metrics::tls_fault to_label(tls::fault what) noexcept
{
    return static_cast<metrics::tls_fault>(what);
}

} // namespace fairlead::credentials
