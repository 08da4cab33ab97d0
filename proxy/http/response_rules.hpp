// The rules a backend's answer must pass before the client sees a byte of it, and where its body ends.
//
// Refused, to become a 502: a status outside 100-599; Transfer-Encoding that is not one field with exactly
// `chunked`, or that comes in HTTP/1.0 or beside Content-Length; a Content-Length that is repeated (even if
// equal) or not plain digits; a Connection that names end-to-end fields; a 101 nobody asked for; a 1xx that
// claims a body, which would be read as the next head (RFC 9112 6.1, 6.3, RFC 9110 15.2). Tolerated, but the
// backend connection is not used again: a 204 that claims a body.
//
// Pure; no allocation; views point into the head's bytes. Thread: any.
#pragma once

#include "proxy/http/body_framing.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string_view>

namespace fairlead::http {

enum class response_fault : std::uint8_t
{
    bad_status,
    bad_transfer_encoding,
    bad_content_length,
    length_and_transfer_encoding,
    bad_connection,
    unasked_upgrade,
    body_on_interim,
};

std::string_view reason_of(response_fault fault); // static text for the log

// What of the request decides how its answer is read.
struct asked_for
{
    method_kind method = method_kind::get;
    bool upgrade = false; // an Upgrade went to the backend
};

struct response_facts
{
    unsigned status = 0;
    unsigned version_minor = 1;
    body_framing framing = {};  // the bytes that follow on the backend's connection
    body_framing declared = {}; // what the fields say; differs from framing for HEAD, 304, 204 and 1xx
    bool is_interim = false;    // 1xx other than 101: another head follows
    bool is_switching = false;  // 101
    bool keep_alive = true;     // the backend connection can carry another request after the body
    connection_options connection = {};
};

using response_verdict = boost::system::result<response_facts, response_fault>;

response_verdict check_response(const head& response, const asked_for& asked);

} // namespace fairlead::http
