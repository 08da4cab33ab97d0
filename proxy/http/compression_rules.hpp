// Whether an answer is compressed, and what of its head changes with that.
//
//   not a type of the route's, or too short ──────────► as it came
//   encoded already, or must not be changed ──────────► as it came
//   the client does not want gzip ────────────────────► as it came, but Vary is said
//   else ─────────────────────────────────────────────► compressed; Vary; a strong ETag becomes a weak one
//
// Must not be changed: with Cache-Control: no-transform of either side, a part of a representation (206,
// Content-Range), and what has a digest of its bytes, which would be another. An answer to HEAD is told as
// the one to GET would be. A 304 is told with the weak ETag when the client has that. text/event-stream is
// compressed only where the route names it, as each such stream keeps a compressor for its life.
// Pure. Thread: any. Source: RFC 9110 8.4, 8.8.3, 9.3.2, 12.5.3, 12.5.5, 15.4.5; RFC 9111 5.2.2.6.
#pragma once

#include "conf/compression_options.hpp"
#include "conf/values.hpp"
#include "metrics/access_labels.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"
#include "proxy/http/response_rules.hpp"

#include <optional>
#include <span>
#include <string>

namespace fairlead::http {

struct compression_question
{
    const head& request;
    const request_facts& asked;
    const head& response;
    const response_facts& facts;
    std::span<const conf::header_value> set_headers; // that the route puts in place of the answer's
};

struct compression_plan
{
    std::optional<metrics::compression_skip> skip; // nothing: it is compressed, or the head is told so
    bool varies = false;
    bool weakens = false;
};

compression_plan plan_compression(const conf::compression_options& options, const compression_question& of);

// The lines that the plan adds to the head, each with its CRLF.
void append_plan_lines(std::string& out, const compression_plan& plan, const compression_question& of);

} // namespace fairlead::http
