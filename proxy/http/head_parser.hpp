// Incremental parsers of a request head and of a response head.
//
// They read the grammar only: what a request means, and whether two recipients could read it differently, is
// decided by http_rules and response_rules. Refused here: a bare LF, a bare CR, NUL and other control bytes,
// space before a colon, obs-fold (RFC 9112 5.2), space before the first field (2.2), versions other than 1.0
// and 1.1.
//
// parse() is called with all bytes since the head's start, again and longer each time, until it says
// something else than need_more. Each call looks at the new bytes only; the grammar runs once, when the blank
// line is there. The buffer may move between calls. After `done` or `bad`, reset() before the next head.
// Bounds: head_limits. Nothing is allocated beyond the slots of `head`. Thread: one at a time.
// Source: RFC 9112 2-5; the field and start line grammar is Boost.Beast's basic_parser.
#pragma once

#include "proxy/http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead::http {

struct head_limits
{
    std::size_t header_bytes = 32 * 1024; // start line, fields and blank line; at most max_head_bytes
    std::size_t header_count = 100;       // fields
    std::size_t target_bytes = 16 * 1024; // the request target
};

enum class head_fault : std::uint8_t
{
    none,
    malformed,
    bare_line_feed,
    obs_fold,
    header_too_large,
    too_many_fields,
    target_too_long,
    unsupported_version,
};

// What a client is told: 400, 414, 431 or 505, and why (static text). A backend's fault is always 502 to the
// client.
unsigned status_of(head_fault fault);
std::string_view reason_of(head_fault fault);

enum class parse_status : std::uint8_t
{
    need_more,
    done,
    bad
};

struct parse_result
{
    parse_status status = parse_status::need_more;
    std::size_t consumed = 0;            // when done: the head's bytes, up to and with the blank line
    head_fault fault = head_fault::none; // when bad
};

// Finds the end of a head as its bytes arrive, and refuses what can be refused before the end is there.
class head_end_finder
{
public:
    enum class start_line : std::uint8_t
    {
        request,
        status
    };

    head_end_finder(start_line kind, head_limits limits);

    parse_result search(std::string_view bytes);     // done: consumed is the whole head
    std::size_t skipped() const { return skipped_; } // bytes of an empty line before a request
    void reset();

private:
    parse_result end_line(std::string_view bytes, std::size_t line_feed);
    head_fault check_size(std::size_t size) const;

    std::size_t searched_ = 0;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0;
    std::size_t skipped_ = 0;
    std::size_t never_too_large_; // the least of the limits
    start_line kind_;
    head_limits limits_;
};

// One empty line before the request line is skipped (RFC 9112 2.2) and counted in `consumed`.
class request_head_parser
{
public:
    explicit request_head_parser(head_limits limits = {})
        : limits_(limits)
        , end_(head_end_finder::start_line::request, limits)
    {}

    parse_result parse(std::string_view bytes, head& out);
    void reset() { end_.reset(); }

private:
    head_limits limits_;
    head_end_finder end_;
};

class response_head_parser
{
public:
    explicit response_head_parser(head_limits limits = {})
        : end_(head_end_finder::start_line::status, limits)
    {}

    parse_result parse(std::string_view bytes, head& out);
    void reset() { end_.reset(); }

private:
    head_end_finder end_;
};

} // namespace fairlead::http
