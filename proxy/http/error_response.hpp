// The answers that the proxy gives itself, and the names of status codes.
//
// Pure text. Bodies are one line of text/plain that says the status and the reason, or a page of the
// operator's; of the request nothing is reflected but its id in a page. Thread: any. RFC 9110 15.
#pragma once

#include "conf/error_page_options.hpp"
#include "proxy/http/http_rules.hpp"

#include <string>
#include <string_view>

namespace fairlead::http {

// "Bad Gateway" for 502; the name of its class ("Server Error") for a code nobody defined.
std::string_view reason_phrase(unsigned status);

struct error_options
{
    bool keep_alive = false;                // else Connection: close
    bool head_only = false;                 // the answer to a HEAD: the fields of a body without the body
    std::string_view header_lines = {};     // whole lines with CRLF, e.g. "Retry-After: 5\r\n"
    std::string_view hsts_line = {};        // the same, where the listener has one
    std::string_view date_line = {};        // the same (RFC 9110 6.6.1)
    std::string_view cors_lines = {};       // the same, of a route for pages of other origins
    const conf::error_page* page = nullptr; // null: one line of text
    std::string_view request_id = {};       // for the page
};

void append_error_response(std::string& out, unsigned status, std::string_view reason,
                           const error_options& options = {});
std::string error_response(unsigned status, std::string_view reason, const error_options& options = {});

// A Retry-After line of 1 to 4 s: refused clients that all came at once are not to come back at once.
// `random` is any byte that is.
std::string_view retry_soon_line(char random) noexcept;

// 200 to an OPTIONS that goes no further than here (RFC 9110 7.6.2): what a route lets through.
void append_options_answer(std::string& out, const error_options& options);

// The refusal with its own header lines; always closes.
std::string error_response(const refusal& why, bool head_only = false);

} // namespace fairlead::http
