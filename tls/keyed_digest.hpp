// HMAC with SHA-256 (RFC 2104, FIPS 198-1): a text that only those who know the key can make.
//
// For the start, reloads and what is rare: it fetches its algorithm on each call. Compare digests that a
// stranger sent by equal_in_constant_time. Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fairlead::tls {

using keyed_digest = std::array<std::uint8_t, 32>;

// Throws std::runtime_error when OpenSSL cannot compute it.
keyed_digest hmac_sha256(std::string_view key, std::string_view text);

// Takes as long for texts that differ early as for those that differ late; not so for their lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace fairlead::tls
