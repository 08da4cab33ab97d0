// Finds the payload in the bytes of a message body, whatever its framing, and knows where it ends.
//
// No I/O, no payload held. Thread: one. Source: RFC 9112 6.3 (length), 7.1 (chunked).
#pragma once

#include "proxy/http/body_framing.hpp"
#include "proxy/http/chunk_decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::http {

class body_decoder
{
public:
    using progress = chunk_decoder::progress;

    explicit body_decoder(const body_framing& framing)
        : kind_(framing.kind)
        , left_(framing.length)
    {}

    // One piece of payload, the end, a fault, or all of the input. Call again with the rest. Call it with
    // empty input at first: a body of no bytes is done at once.
    progress step(std::string_view in);

    // Of a body of known length: what is still to come, and what of it went another way than through step().
    std::uint64_t left_of_length() const noexcept { return kind_ == framing_kind::length ? left_ : 0; }
    void skip(std::uint64_t bytes) noexcept { left_ -= bytes; }

    // The sender ended the connection: true when that ends the message, false when it cuts it short.
    bool ends_with_stream() const noexcept { return kind_ == framing_kind::until_close; }

    // After done: lines with CRLF of the allowed trailer fields.
    const std::string& trailer_lines() const { return chunks_.trailer_lines(); }

private:
    framing_kind kind_;
    std::uint64_t left_;
    chunk_decoder chunks_;
};

} // namespace fairlead::http
