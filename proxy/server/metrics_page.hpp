// GET /metrics: the format by Accept, gzip by Accept-Encoding.
//
// Putting the text together is one step of the main thread; it is compressed in steps between which others of
// that thread have their turns. Thread: the main thread's. Lifetime: the metrics outlive the answer.
// Source: RFC 9110 12.5.1 (Accept), OpenMetrics 1.0.0 (content negotiation).
#pragma once

#include "metrics/registry.hpp"
#include "proxy/admin/page.hpp"

#include <string>
#include <string_view>

namespace fairlead::server {

// OpenMetrics for who names it, in version 1.0.0 or none, with a weight above 0 that is not below that of
// text/plain; text for everybody else. An element that is not well formed says nothing.
metrics::exposition_format format_for(std::string_view accept);

// An exposition as an answer: in the format and, if it is worth it, compressed.
net::task<admin::page_answer> answer_exposition(std::string text, metrics::exposition_format format,
                                                std::string_view accept_encoding);

net::task<admin::page_answer> answer_metrics(const metrics::registry& metrics,
                                             const admin::page_request& asked);

} // namespace fairlead::server
