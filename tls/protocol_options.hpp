// What both directions of TLS are told about protocol versions and ciphers.
//
// The profiles are Mozilla's (https://wiki.mozilla.org/Security/Server_Side_TLS, guidelines 5.7): `modern` is
// TLS 1.3 alone; `intermediate` is TLS 1.2 with forward secrecy and AEAD ciphers, and TLS 1.3. Both offer the
// groups X25519, P-256 and P-384 in this order.
#pragma once

#include <cstdint>

namespace fairlead::tls {

enum class profile : std::uint8_t
{
    intermediate,
    modern
};

enum class protocol_version : std::uint8_t
{
    tls_1_2,
    tls_1_3
};

struct protocol_options
{
    tls::profile profile = tls::profile::intermediate;
    protocol_version min_version = protocol_version::tls_1_2; // modern: 1.3 at least, whatever this says
    bool ktls = false;                                        // let the kernel encrypt where it can

    bool operator==(const protocol_options&) const = default;
};

} // namespace fairlead::tls
