// How a message body ends on a connection (RFC 9112 6.3).
#pragma once

#include <cstdint>

namespace fairlead::http {

enum class framing_kind : std::uint8_t
{
    none,
    length,
    chunked,
    until_close
};

struct body_framing
{
    framing_kind kind = framing_kind::none;
    std::uint64_t length = 0; // bytes, for kind length; below 2^63

    // A length of zero is a body in the head only: nothing follows.
    bool has_body() const
    {
        return kind != framing_kind::none && !(kind == framing_kind::length && length == 0);
    }
    bool operator==(const body_framing&) const = default;
};

} // namespace fairlead::http
