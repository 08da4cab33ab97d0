// Finds a connection to some backend of a pool for one request: a kept one, or a new one, from backend to
// backend.
//
// A backend that fails to connect begins its back-off and another is tried; one that was never reached costs
// one try. Those towards which no source tuple is free are passed over and cost none. A dial that fails for
// want of source tuples, descriptors or a resolved name says nothing of the backend and begins no back-off.
// Completes when: connected, or every backend that may be tried has failed. Thread: the worker's.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/upstream/balancer.hpp"
#include "proxy/upstream/dialer.hpp"
#include "proxy/upstream/idle_connections.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fairlead::upstream {

struct connect_request
{
    const pool& from;
    balancer& choice;
    std::span<metrics::backend_cells* const> cells; // by position of the backend
    const conf::socket_options& options;
    const net::connection_ends& ends; // of the client's connection
    std::string_view before_tls = {}; // see dial_request
    bool may_reuse = true;
    sticky_request sticky = {};
    tried_backends tried; // in and out
};

struct connect_outcome
{
    std::optional<connection> made;
    backend_use use; // of the backend, from the choice on
    std::uint32_t position = 0;
    metrics::dial_failure failure = metrics::dial_failure::unresolved; // the last one, when nothing was made
    std::optional<tls::fault> tls_fault;                               // where `failure` is tls
    bool was_any_tried = false;
};

class connector
{
public:
    connector(dialer& dials, idle_connections& idle)
        : dials_(dials)
        , idle_(idle)
    {}

    net::task<connect_outcome> connect(connect_request& request);

private:
    dialer& dials_;
    idle_connections& idle_;
};

} // namespace fairlead::upstream
