// Writes heads for the other side: a client's request for a backend, a backend's answer for the client.
//
// Everything is appended to one flat string; besides its growth nothing allocates. Input must have passed
// http_rules or response_rules.
//
// Removed from both: Connection and what it names, Keep-Alive, Proxy-Connection, TE, Upgrade,
// Transfer-Encoding and Content-Length (RFC 9110 7.6.1); the framing is written again from the facts. That an
// HTTP/1.1 client takes trailers is said anew, since it will get them (RFC 9110 10.1.4). Kept: Trailer, since
// trailers are relayed, and Proxy-Authorization, which 7.6.1 does not list. Removed from requests also:
// HTTP2-Settings (h2c is not offered), names with `_` (CGI-like backends read `_` as `-`, so such a field
// could pose as another), an Expect that does not hold, and, where the option is on, the
// client's own X-Forwarded-* or Forwarded: no client is trusted to say who it is, so ours replace them. Of
// a trusted peer, X-Forwarded-For and Forwarded go on in one field with ours at the end, and the other
// X-Forwarded-* as sent; ours are added where it sent none. With the option off they pass as sent. The field
// that tells a client's certificate, and X-Forwarded-Client-Cert whatever that is called, come from us, or
// else from a trusted peer, and never from others.
//
// A prefix that is taken off the path is told as X-Forwarded-Prefix, behind what a trusted peer's says, so
// that an application can name its places as the client sees them.
//
// Max-Forwards of an OPTIONS is counted down (RFC 9110 7.6.2).
//
// Requests are always HTTP/1.1 with persistence; answers are always HTTP/1.1 (RFC 9110 6.2), with a body that
// an HTTP/1.0 client can read when it speaks 1.0. Thread: any.
#pragma once

#include "conf/model.hpp"
#include "proxy/http/answer_edits.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"
#include "proxy/http/response_rules.hpp"

#include <span>
#include <string>
#include <string_view>

namespace fairlead::http {

enum class upgrade_intent : std::uint8_t
{
    none,
    websocket,
    plain
};

struct request_forwarding
{
    std::string_view peer_ip = {}; // of who dialled us, without brackets or port; empty: none (Unix socket)
    bool is_peer_trusted = false;  // what it forwarded is kept
    std::string_view scheme = "http"; // how the client spoke to us
    std::string_view via_name = {};   // empty: no Via
    bool x_forwarded = true;
    bool forwarded = false;
    std::string_view request_id_name = {};  // empty: none
    std::string_view request_id = {};       // what goes to the backend: see chosen_request_id
    bool replaces_trace = false;            // the client's trace fields do not go on
    std::string_view traceparent = {};      // of a trace that begins here; empty: none does
    std::string_view certificate_name = {}; // header that tells the client's certificate; empty: none
    std::string_view certificate = {};      // empty: it showed none
    std::string_view strip_prefix = {};     // removed from the path when it ends at a segment's end
    std::string_view add_prefix = {};       // put before the path, after strip_prefix; no final '/'
    std::span<const conf::header_value> add_headers = {}; // go beside what the client sent of their names
    // Each replaces all fields of its name, the proxy's own too; an empty value removes them. Must not name a
    // field of this hop or of the framing.
    std::span<const conf::header_value> set_headers = {};
    std::string_view default_host = {}; // Host for an HTTP/1.0 request without one
    upgrade_intent upgrade = upgrade_intent::none;
    std::string_view upgrade_token = {}; // for plain: the one protocol that goes to the backend
    bool replaces_offer = false;         // the client's two Sec-WebSocket- lists, by these; empty: none
    std::string_view subprotocols = {};
    std::string_view extensions = {};
};

void append_request_head(std::string& out, const head& request, const request_facts& facts,
                         const request_forwarding& how);

// The client's own request id when it sent one of 1 to 128 visible ASCII characters, else `generated`.
std::string_view chosen_request_id(const head& request, std::string_view name, std::string_view generated);

struct response_forwarding
{
    unsigned client_version_minor = 1;
    bool keep_alive = true;                // we are willing to go on with this client
    std::string_view request_id_name = {}; // empty: none; else replaces the backend's
    std::string_view request_id = {};
    std::string_view via_name = {};  // empty: no Via
    std::string_view hsts_line = {}; // replaces the backend's (RFC 6797 6.1); empty: that goes on
    std::string_view date_line = {}; // for an answer without Date (RFC 9110 6.6.1); empty: none
    std::string_view own_lines = {}; // whole fields of the proxy's own, each with its CRLF
    std::span<const std::string_view> without = {}; // fields of the answer that do not go on
    // Each replaces all fields of its name; an empty value removes them. Must not name a field of this hop.
    std::span<const conf::header_value> set_headers = {};
    const answer_edits* edits = nullptr; // null: none
};

// How the body goes to the client: chunked becomes until_close for HTTP/1.0; until_close becomes chunked
// for 1.1.
body_framing framing_to_client(const response_facts& facts, unsigned client_version_minor);

// A final answer (a 101 as well). `Connection: close` is written when keep_alive is false or the body ends by
// close; the caller closes by the same two.
void append_response_head(std::string& out, const head& response, const response_facts& facts,
                          const response_forwarding& how);

// Whether a 1xx goes to this client: none to HTTP/1.0, all to others, who must know them (RFC 9110 15.2).
bool forwards_interim(const response_facts& facts, const request_facts& request);
void append_interim_head(std::string& out, const head& response, const response_facts& facts);

} // namespace fairlead::http
