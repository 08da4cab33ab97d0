// Takes the chunked coding apart as its bytes arrive: where the payload is, where the message ends.
//
// It holds no payload and does no I/O. Strict: 1 to 16 hex digits below 2^63, CRLF everywhere, no space or
// sign in the size line. Extensions are skipped, up to 256 bytes a chunk, and control bytes in them refused;
// they are never forwarded. The trailer section is at most 8 KiB and 64 fields; allowed ones
// (is_trailer_allowed) are collected, others dropped, malformed ones are an error. Any split of the same
// bytes gives the same payload, end and error. Thread: one at a time. RFC 9112 7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::http {

enum class chunk_fault : std::uint8_t
{
    none,
    bad_size,
    bad_extension,
    bad_line_end,
    bad_trailer,
    trailers_too_large
};

std::string_view reason_of(chunk_fault fault); // static text

class chunk_decoder
{
public:
    static constexpr std::size_t max_extension_bytes = 256;
    static constexpr std::size_t max_trailer_bytes = 8 * 1024;
    static constexpr std::size_t max_trailer_count = 64;

    struct progress
    {
        std::size_t consumed = 0; // bytes of the input that are dealt with, data included
        std::string_view data;    // payload: the last data.size() of the consumed bytes
        bool done = false;        // the message ended after `consumed`
        chunk_fault fault = chunk_fault::none;
    };

    // Goes on until there is one piece of payload, the end, a fault, or no input left. Call again with the
    // rest while there is one. After done or a fault, reset() first.
    progress step(std::string_view in);

    // Bytes of payload still to come in the current chunk.
    std::uint64_t remaining_in_chunk() const { return remaining_; }

    // After done: the allowed trailer fields, as whole lines with CRLF, without the final empty line.
    const std::string& trailer_lines() const { return trailers_; }

    void reset();

private:
    enum class state : std::uint8_t
    {
        size_start,
        size,
        extension,
        quoted,
        quoted_escape,
        size_line_feed,
        data,
        data_return,
        data_line_feed,
        trailer,
        trailer_line_feed,
        done,
    };

    chunk_fault take(char c);
    chunk_fault take_size(char c);
    chunk_fault take_extension(char c);
    chunk_fault take_trailer(char c);
    chunk_fault end_trailer_line();

    std::uint64_t remaining_ = 0;
    std::size_t line_bytes_ = 0;    // of an extension
    std::size_t trailer_bytes_ = 0; // of the section, dropped fields included
    std::size_t line_start_ = 0;    // of the current trailer line within trailers_
    std::uint8_t digits_ = 0;
    std::uint8_t trailer_count_ = 0;
    state state_ = state::size_start;
    std::string trailers_;
};

} // namespace fairlead::http
