// What comes before HTTP on a client's connection: the PROXY protocol header of a peer that has to send one,
// and the TLS handshake where the listener has certificates.
//
//   accepted ─┬──────────────────────────────┬─► [handshake] ─► session
//             └─► header, consumed exactly ───┘ with the ends it told
//                    └─► none, bad or late: closed without an answer, counted, logged now and then
//
// Not a byte behind the header is taken from the socket, so that whatever speaks next on the connection
// begins at its own first byte. Bounds: max_proxy_header_bytes; timeouts.head from the start to the
// header's end. Thread: the worker's. Lifetime: its own coroutine's; the services outlive it. Source:
// HAProxy's proxy-protocol.txt 2: whether a header comes is configured, never guessed.
#pragma once

#include "proxy/http/session_services.hpp"
#include "proxy/net/address.hpp"
#include "tls/handshake_facts.hpp"

#include <memory>

namespace fairlead::http {

struct arrival
{
    net::connection_ends ends; // as the kernel says
    listening_point& by;
    std::chrono::steady_clock::time_point accepted_at = std::chrono::steady_clock::now();
    bool has_proxy_header = false;                             // the peer has to send one
    std::shared_ptr<const tls::handshake_facts> tls = nullptr; // once there was a handshake; null: plain
    // What a handshake goes by that comes behind that header; null: none comes.
    std::shared_ptr<const credentials::server_credentials> credentials = nullptr;
};

// The whole life of an accepted connection; spawn it detached.
net::task<> serve_client(session_services& services, net::stream client, arrival how);

} // namespace fairlead::http
