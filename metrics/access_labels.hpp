// The closed sets of label values that are about passwords and compression. Part of labels.hpp's contract.
#pragma once

#include "metrics/labels.hpp"

#include <cstdint>
#include <string_view>

namespace fairlead::metrics {

// What became of a request that needs a password.
enum class password_result : std::uint8_t
{
    passed,     // its password was hashed and is right
    remembered, // it was right a short time ago
    missing,    // the request brings none
    malformed,  // what it brings is none, or more than one
    wrong,      // there is no such user, or it is another password
    limited,    // its client's address sent too many wrong ones
    queue_full, // as many as may wait for their hash did already
    client_left // before it was known
};

// Why an answer went as it came although its route compresses.
enum class compression_skip : std::uint8_t
{
    not_accepted, // the client does not want gzip, or speaks HTTP/1.0
    type,         // it is not one of the route's
    small,        // shorter than min_size, or without a body
    encoded,      // it has a Content-Encoding
    forbidden,    // by Cache-Control: no-transform, or it is a part, or it has a digest of its bytes
    busy          // the worker compresses as many as it may, or is out of memory
};

std::string_view label(password_result value) noexcept;
std::string_view label(compression_skip value) noexcept;

template <>
inline constexpr password_result last_of<password_result> = password_result::client_left;
template <>
inline constexpr compression_skip last_of<compression_skip> = compression_skip::busy;

} // namespace fairlead::metrics
