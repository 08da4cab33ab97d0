// The closed sets of label values that are about the admin listener. Part of labels.hpp's contract.
#pragma once

#include "metrics/labels.hpp"

#include <cstdint>
#include <string_view>

namespace fairlead::metrics {

// Why a request to an admin listener, or a connection, was refused.
enum class admin_refusal : std::uint8_t
{
    no_credentials,    // it needs a token and shows none
    wrong_credentials, // nobody knows that token
    not_permitted,     // whoever asks may not do that
    host,              // Host names somebody else: a rebound name
    cross_site,        // a change that a page in a browser may have asked for
    handshake,         // no TLS, or no certificate that is wanted
    busy               // as many connections or streams as may be
};

std::string_view label(admin_refusal value) noexcept;

template <>
inline constexpr admin_refusal last_of<admin_refusal> = admin_refusal::busy;

} // namespace fairlead::metrics
