// The TLS handshakes of one worker with backends that were dialled.
//
// The pool's context says whom to trust and which name to ask for; the newest session that the backend gave
// is offered. What fails is counted by its reason, and told to the log every ten seconds at most: it is the
// operator's to mend. Steps take turns with all other handshakes of the worker.
//
// Completes when: TLS, failed, or timeouts.tls_handshake has passed. Thread: the worker's.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/log/report_interval.hpp"
#include "proxy/net/handshake_gate.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/upstream/connection.hpp"
#include "proxy/upstream/dial_stop.hpp"
#include "proxy/upstream/pool.hpp"
#include "tls/fault.hpp"
#include "tls/wire.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::upstream {

// What a backend's certificate has to be for; empty for a Unix socket.
std::string verified_host(const conf::endpoint& address);

class backend_handshakes
{
public:
    backend_handshakes(net::timer_wheel& wheel, tls::wire& way, net::handshake_gate& gate,
                       metrics::tls_cells& cells)
        : wheel_(wheel)
        , way_(way)
        , gate_(gate)
        , cells_(cells)
    {}

    struct manner
    {
        std::string_view before = {};    // goes first, in the clear; stays valid until the end
        const dial_stop* stop = nullptr; // watches the stream; what it ended is not counted
    };

    // Nothing: it is TLS now.
    net::task<std::optional<tls::fault>> shake(connection& made, const pool& from, const backend& to,
                                               manner how);

private:
    void note_success(connection& made, std::chrono::steady_clock::time_point begun);
    tls::fault fail(const pool& from, const backend& to, const tls::failure& why);

    net::timer_wheel& wheel_;
    tls::wire& way_;
    net::handshake_gate& gate_;
    metrics::tls_cells& cells_;
    log::report_interval reports_{std::chrono::seconds(10)};
};

} // namespace fairlead::upstream
