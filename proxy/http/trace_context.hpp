// The trace that a request belongs to: read strictly, begun where there is none, and handed on.
//
// Pure: random bytes are passed in. Fairlead reports no spans of its own, so it takes no part in a trace that
// comes with a request: a parent-id of its own would name a span that nobody ever hears of, and break the
// chain. What it passes on is what came. Thread: any. Source: W3C Trace Context (Level 1) 3.2, 3.3, 4.
#pragma once

#include "conf/log_options.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/request_id.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {

using trace_id = std::array<char, 16>; // bytes, not digits

struct trace_parent
{
    trace_id trace;
    bool is_sampled = false;
};

// Of the value of the only traceparent field. Version 00 has exactly its four parts; what a later version
// adds behind them is let be (3.2.4).
std::optional<trace_parent> parse_traceparent(std::string_view value) noexcept;

bool is_trace_field(std::string_view name) noexcept; // traceparent, tracestate

class request_trace
{
public:
    // What the request says, as far as `how` lets it count.
    request_trace() = default;
    request_trace(const head& fields, conf::trace_handling how, bool is_peer_trusted) noexcept;

    // Whether the request is to begin a trace: begin() does it.
    bool wants_beginning() const noexcept { return wants_beginning_; }
    void begin(const request_id& trace, const request_id& parent, std::uint32_t sample_one_in) noexcept;

    // 16 bytes, or none.
    std::string_view id() const noexcept
    {
        return has_id_ ? std::string_view(id_.data(), id_.size()) : std::string_view();
    }
    // The request's own fields do not go on; instead goes traceparent(), when it is not empty.
    bool replaces_fields() const noexcept { return replaces_fields_; }
    std::string_view traceparent() const noexcept
    {
        return has_begun_ ? std::string_view(text_.data(), text_.size()) : std::string_view();
    }

private:
    static constexpr std::size_t text_size = 55; // "00-" 32 "-" 16 "-" 2

    trace_id id_{};
    std::array<char, text_size> text_{};
    bool has_id_ = false;
    bool has_begun_ = false;
    bool wants_beginning_ = false;
    bool replaces_fields_ = false;
};

} // namespace fairlead::http
