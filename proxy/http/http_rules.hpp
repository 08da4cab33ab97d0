// The rules a request must pass before any backend sees a byte of it, and what the proxy learns from it.
//
// A request that two recipients could read differently is refused, never repaired (RFC 9112 11.2). In
// particular:
// - framing: Transfer-Encoding is one field with exactly `chunked`, in HTTP/1.1, without Content-Length;
// Content-Length is one
//   field of digits below 2^63. 501 for a coding before a final `chunked`, 400 for the rest (RFC
//   9112 6.1, 6.3).
// - target: origin-form, absolute-form (http, https) whose authority equals Host, or `*` with OPTIONS.
// Visible ASCII without `#`.
// - path: must mean the same to every reader: no `.` or `..` segment, plain or percent-encoded, also with
//   `;parameters`; no encoded slash, backslash or NUL; no overlong UTF-8; no raw backslash; no broken `%`.
//   `//` is kept; the session gives the path its canonical form.
// - Host: exactly one in HTTP/1.1, at most one in 1.0: letters, digits, `-._~` or an IPv6 literal, and a
// port.
// - CONNECT is 501: this gateway implements it for no target, and 405 would have to list methods that only a
// backend knows.
//   TRACE is 405: it reflects what the proxy adds. Other methods are any token.
// - Connection names no field that frames, routes or authenticates a message (is_end_to_end_only).
// - a WebSocket upgrade has no body. An Upgrade without `Connection: upgrade`, in HTTP/1.0, or to anything
//   else with a body (clients that try h2c send one) is no upgrade (RFC 9110 7.8).
// - Max-Forwards of OPTIONS is one number (RFC 9110 7.6.2); of other methods it is ignored.
//
// Pure; no allocation. The views in request_facts point into the head's bytes (or static text) and die with
// them. Thread: any. Errors: a refusal; after any of them the connection is closed, since the body's end is
// in doubt.
#pragma once

#include "proxy/http/body_framing.hpp"
#include "proxy/http/connection_options.hpp"
#include "proxy/http/head.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

enum class method_kind : std::uint8_t
{
    get,
    head,
    post,
    put,
    delete_,
    options,
    patch,
    other
};

enum class refusal_kind : std::uint8_t
{
    bad_transfer_encoding,
    unknown_transfer_coding,
    bad_content_length,
    length_and_transfer_encoding,
    bad_host,
    bad_target,
    bad_path,
    bad_connection,
    repeated_field,
    body_on_upgrade,
    bad_expectation,
    unsupported_method,
    bad_max_forwards,
    bad_upgrade,
    bad_websocket_handshake,
    unsupported_websocket_version,
    forbidden_origin,
};

// Why a request is answered without a backend. The texts are static.
struct refusal
{
    refusal_kind kind;
    std::uint16_t status;
    std::string_view reason;
    std::string_view header_lines = {}; // whole lines that the answer must carry, such as "Allow: GET\r\n"
};

// The value of the only Content-Length field: digits, below 2^63. Nothing when it is anything else.
std::optional<std::uint64_t> parse_content_length(std::string_view value);

struct request_facts
{
    method_kind method = method_kind::other;
    std::string_view method_text;
    unsigned version_minor = 1;

    std::string_view path;  // begins with "/", or is "*" (is_asterisk)
    std::string_view query; // without "?"
    bool has_query = false; // a "?" is there, even with nothing behind it
    bool is_asterisk = false;
    bool is_https_target = false; // an absolute-form of https

    std::string_view authority; // Host as sent; empty only for an HTTP/1.0 request without one
    std::string_view
        host; // of authority: no port, no final dot, case as sent; an IPv6 literal keeps its brackets

    body_framing framing;
    bool keep_alive = true;                    // what the client wants, by version and Connection
    bool expects_continue = false;             // Expect: 100-continue in HTTP/1.1 with a body to come
    std::optional<std::uint64_t> max_forwards; // of OPTIONS; 0: it goes no further
    bool is_upgrade = false;
    bool is_websocket = false; // an upgrade whose protocols include websocket
    std::string_view upgrade;  // the Upgrade field's value, when is_upgrade
    connection_options connection;
};

using request_verdict = boost::system::result<request_facts, refusal>;

request_verdict check_request(const head& request);

// `host` in lower case, for a route table; `out` keeps its capacity from request to request.
void lower_case_host(const request_facts& facts, std::string& out);

} // namespace fairlead::http
