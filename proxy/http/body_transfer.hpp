// Streams one message body from one connection to another, with the head in front, through one bounded
// buffer.
//
// Reads only when the sink took what was read before: back-pressure without a queue. The coding is taken
// apart and written anew, so a chunk extension or a strange size line never passes. The head goes out with
// the first bytes of the body, in one system call, or alone when the body is slow. Nothing is allocated when
// the body came with its head.
//
// An encoder gets at most 16 KiB at once, between turns of others, and nothing that came waits in it for what
// comes later: when the source has no more at hand it is flushed.
//
// Completes when: the body is through, or one of the ends below. Errors are told by the end, not thrown.
#pragma once

#include "metrics/instruments.hpp"
#include "proxy/http/body_decoder.hpp"
#include "proxy/http/gzip_encoder.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/stream.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
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
    bool drops_trailers = false;
    metrics::counter* counted = nullptr;
    gzip_encoder* encoder = nullptr; // compresses the payload, which is to_chunked then
    const bool* is_stopped =
        nullptr; // set from outside: end as soon as possible, as if the source had failed

    // Results.
    std::uint64_t bytes = 0;    // of payload
    std::size_t ahead_used = 0; // how much of `ahead` was the body's
    std::string behind{};       // read after the end of the body, and not from `ahead`
    bool source_ended = false;  // the end of the stream ended the body

    net::stream::pieces unsent{}; // what transfer_at_once() leaves to transfer()
    bool is_begun = false;
};

// The usual case, without a coroutine: a body that is all in `ahead`, or none, to a sink that takes it
// now. Nothing: transfer() goes on from here.
std::optional<transfer_end> transfer_at_once(body_transfer& what) noexcept;

net::task<transfer_end> transfer(body_transfer& what);

} // namespace fairlead::http
