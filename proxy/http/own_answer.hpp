// What a route answers itself: a redirect or a fixed response.
//
// Pure text. Thread: any. RFC 9110 15.4, 10.2.2.
#pragma once

#include "conf/edge_options.hpp"
#include "proxy/http/http_rules.hpp"

#include <string>
#include <string_view>

namespace fairlead::http {

struct own_answer_request
{
    const request_facts& facts;
    std::string_view host;   // lower case, without port
    std::string_view scheme; // by which the client came
    bool keep_alive = false;
    std::string_view hsts_line = {};  // Strict-Transport-Security, unless the route sets it; empty: none
    std::string_view date_line = {};  // Date, the same
    std::string_view cors_lines = {}; // for pages of other origins
};

// `template_text` with what the request has in place of the names in braces; {uri} is path and query as they
// were sent.
std::string location_for(std::string_view template_text, const own_answer_request& asked);

// Whether it is a redirect to the host of a request that has none (of HTTP/1.0): there is no such answer.
bool lacks_host(const conf::edge_options& edge, std::string_view host);

// `edge` is final and lacks no host. Returns the status.
unsigned append_own_answer(std::string& out, const conf::edge_options& edge, const own_answer_request& asked);

} // namespace fairlead::http
