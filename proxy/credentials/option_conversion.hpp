// The words of the configuration in those of `tls`, which knows no configuration. Pure.
#pragma once

#include "conf/tls_options.hpp"
#include "tls/server_context.hpp"

namespace fairlead::credentials {

inline tls::protocol_options to_protocol(conf::tls_profile profile, conf::tls_version least, bool ktls)
{
    return {profile == conf::tls_profile::modern ? tls::profile::modern : tls::profile::intermediate,
            least == conf::tls_version::v1_3 ? tls::protocol_version::tls_1_3
                                             : tls::protocol_version::tls_1_2,
            ktls};
}

inline tls::client_auth to_client_auth(conf::client_auth wanted)
{
    return wanted == conf::client_auth::required ? tls::client_auth::required : tls::client_auth::optional;
}

} // namespace fairlead::credentials
