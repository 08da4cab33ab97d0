// The two services of OpenSSL that plain HTTP needs too: a SHA-1 digest and random bytes.
//
// SHA-1 is what the WebSocket handshake asks for (RFC 6455 4.2.2, item 5.4); it protects nothing.
// Thread: any. Each thread keeps one digest context, so no call takes OpenSSL's fetch lock after the thread's
// first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::tls {

using sha1_digest = std::array<std::uint8_t, 20>;

// Throws std::bad_alloc when OpenSSL cannot allocate, std::runtime_error when SHA-1 is not available to it.
sha1_digest sha1(std::string_view first, std::string_view second = {});

// Fills `out` from OpenSSL's generator, through a per-thread reserve of 4 KiB. Throws std::runtime_error when
// the generator has no entropy.
void random_bytes(std::span<std::byte> out);

} // namespace fairlead::tls
