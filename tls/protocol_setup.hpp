// Puts versions, ciphers, groups, modes and options on an SSL_CTX, in either direction.
//
// Thread: any; before the context is used.
#pragma once

#include "tls/handles.hpp"
#include "tls/protocol_options.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace fairlead::tls {

// Error: what OpenSSL does not take, as one sentence: its own policy (openssl.cnf) may be stricter.
std::optional<std::string> set_up_protocol(ssl_ctx_st& context, const protocol_options& options);

// ALPN names in the wire's form (RFC 7301 3.1); http/1.1 alone. HTTP/2 would stand in front of it.
std::span<const std::uint8_t> offered_protocols() noexcept;

// The same group for DHE as Mozilla's profile: ffdhe2048 (RFC 7919).
bool set_up_dhe(ssl_ctx_st& context);

} // namespace fairlead::tls
