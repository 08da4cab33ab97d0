// One request while it is served: what was read, what was decided, what is to be logged.
//
// Lives in its session's frame; the views point into the session's read buffer, which does not move until the
// request is over.
#pragma once

#include "proxy/http/error_response.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"
#include "proxy/http/listening_point.hpp"
#include "proxy/http/request_id.hpp"
#include "proxy/http/service.hpp"
#include "proxy/http/trace_context.hpp"
#include "proxy/net/address.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::http {

struct request
{
    head fields;
    request_facts facts;
    std::string_view ahead; // what was read behind the head
    std::string host;       // lower case
    service_ref service;
    route_view* route = nullptr;
    const listening_point* came_by = nullptr;
    std::chrono::steady_clock::time_point accepted_at; // the connection
    std::chrono::steady_clock::time_point began_at;
    request_id generated_id;
    std::string_view id; // the client's own or the generated one
    request_trace trace;
    net::connection_ends ends;                    // the client as a trusted peer named it, else the peer
    std::string_view client_address;              // of ends.client, for the log
    std::vector<conf::header_value> known_fields; // see add_known()
    std::string_view peer_ip;                     // of who dialled us, without port; empty for a Unix socket
    bool is_peer_trusted = false;
    const tls::handshake_facts* tls = nullptr; // of the client's connection; null: it is plain
    std::string_view certificate;              // the client's, as a backend is told; empty: none
    bool has_kept_own =
        false; // this one or one before left a connection to a backend that is the client's own

    // For the log and the metrics.
    bool has_head = false;   // fields is this request's
    std::string user;        // whose password was right; else empty
    std::string_view reason; // static text; empty when all was well
    std::string_view backend;
    unsigned attempts = 1;              // requests to backends
    std::string_view hedge;             // what came of asking a second one; empty: none was
    std::chrono::nanoseconds queued{0}; // waited for a backend to have room
    unsigned status = 0;
    std::uint64_t bytes_from_client = 0;
    std::uint64_t bytes_to_client = 0;

    // Fields to be set on what is forwarded: what is known of the client, and the route's own.
    std::span<const conf::header_value> set_headers() const noexcept;
    // What was found out of who it is wins over what the route sets and what was known before.
    void add_known(std::vector<conf::header_value> known);

    // What an answer says to pages of other origins, as whole lines. `answer` is a backend's, or null.
    std::string cors_lines(const head* answer = nullptr) const;
    // The operator's page for an error of the proxy's own; null: none.
    const conf::error_page* page_for(unsigned error) const;

    std::size_t ahead_used = 0; // bytes of `ahead` that belonged to the request
    std::string behind;         // read behind the request's body while it was streamed
};

// What becomes of the client's connection after a request.
enum class afterwards : std::uint8_t
{
    keep,     // another request may follow
    close,    // in order: the answer says so, or the client's bytes are in doubt
    abort,    // the answer was cut short, and the client must notice
    tunnelled // the sockets belong to the relay now
};

} // namespace fairlead::http
