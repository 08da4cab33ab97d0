// Streams one message body from one connection to another, with the head in front, through one bounded
// buffer.
//
// Reads only when the sink took what was read before: back-pressure without a queue. The coding is taken
// apart and written anew, so a chunk extension or a strange size line never passes. The head goes out with
// the first bytes of the body, in one system call, or alone when the body is slow. Nothing is allocated when
// the body came with its head.
//
// Completes when: the body is through, or one of the ends below. Errors are told by the end, not thrown.
#pragma once

#include "metrics/instruments.hpp"
#include "proxy/http/body_decoder.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/stream.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::http {

enum class transfer_end : std::uint8_t
{
    complete,
    source_failed,    // it ended or broke before the body did, or is_stopped was set
    source_overdue,   // it sent nothing for read_timeout
    source_malformed, // its coding is wrong
    too_large,        // more than max_bytes
    sink_failed,
    sink_overdue, // it took nothing for write_timeout
};

struct body_transfer
{
    net::stream& source;
    net::stream& sink;
    net::deadline& limit; // guards both
    body_framing framing; // how the source sends it
    bool to_chunked = false;
    std::string_view head;       // goes first; must stay valid
    std::string_view ahead;      // body bytes, and what follows them, that were read already; must stay valid
    std::uint64_t max_bytes = 0; // 0: any
    std::chrono::milliseconds read_timeout{0};
    std::chrono::milliseconds write_timeout{0};
    metrics::counter* counted = nullptr;
    const bool* is_stopped =
        nullptr; // set from outside: end as soon as possible, as if the source had failed

    // Results.
    std::uint64_t bytes = 0;    // of payload
    std::size_t ahead_used = 0; // how much of `ahead` was the body's
    std::string behind{};       // read after the end of the body, and not from `ahead`
    bool source_ended = false;  // the end of the stream ended the body
};

net::task<transfer_end> transfer(body_transfer& what);

} // namespace fairlead::http
