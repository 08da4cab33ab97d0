// The TLS handshake of a client's connection: what comes between its arrival and its session where the
// listener has certificates.
//
//   arrived ─► its first bytes ─► a slot ─► steps ─┬─► TLS
//                    │               │ too late    ├─► plain HTTP: 400, as there is a person at the other end
//                    └───────────────┴─────────────┴─► closed: a counter with the reason, a line now and then
//
// Bounds: timeouts.tls_handshake from the arrival to the end, all waits included. Every failure costs this
// one connection. Completes when: TLS, answered or to be closed. Thread: the worker's. Lifetime: within its
// connection's coroutine; the services outlive it.
#pragma once

#include "proxy/http/arrival.hpp"
#include "proxy/net/stream.hpp"
#include "tls/handshake_facts.hpp"

#include <memory>

namespace fairlead::http {

// What the handshake settled; null when the connection is to be closed.
net::task<std::shared_ptr<const tls::handshake_facts>> shake_hands(session_services& services,
                                                                   net::stream& client, const arrival& how);

} // namespace fairlead::http
