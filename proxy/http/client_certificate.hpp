// What a backend is told of the certificate that the client showed to us: the value of a field as Envoy's
// X-Forwarded-Client-Cert has it.
//
//   Hash=<SHA-256 in hex>;Subject="CN=device 7,O=Example";URI=spiffe://example/d7;DNS=d7.example
//
// The subject is as RFC 2253 has it, in ASCII, and always quoted; other values where they need it.
// Alternative names of other kinds are left out, and so are those past 4 KiB. Pure. Thread: any.
#pragma once

#include "tls/handshake_facts.hpp"

#include <string>

namespace fairlead::http {

std::string describe_certificate(const tls::peer_certificate& shown);

} // namespace fairlead::http
