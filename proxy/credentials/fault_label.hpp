// The metrics' word for why a TLS connection failed, and the count of those that did; neither `tls` nor
// `metrics` knows the other.
//
// Pure. Both sets are in the same order, which a test holds them to.
#pragma once

#include "metrics/cells.hpp"
#include "metrics/tls_labels.hpp"
#include "tls/connection.hpp"
#include "tls/fault.hpp"

namespace fairlead::credentials {

constexpr metrics::tls_fault to_label(tls::fault what) noexcept
{
    return static_cast<metrics::tls_fault>(what);
}

// Once for each connection, when it is over; null: it was plain.
inline void count_end(const tls::connection* over, metrics::tls_cells& cells) noexcept
{
    const auto why = over != nullptr ? over->ended_by() : std::nullopt;
    if (why) cells.failures[to_label(*why)].add();
}

} // namespace fairlead::credentials
