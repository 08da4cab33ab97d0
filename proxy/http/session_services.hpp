// What a session uses of its worker. The worker owns everything and outlives its sessions.
//
// Thread: the worker's.
#pragma once

#include "metrics/worker_shard.hpp"
#include "proxy/http/date_line.hpp"
#include "proxy/http/gzip_encoder.hpp"
#include "proxy/http/listening_point.hpp"
#include "proxy/http/service.hpp"
#include "proxy/log/access_log.hpp"
#include "proxy/log/report_interval.hpp"
#include "proxy/net/handshake_gate.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/upstream/connector.hpp"
#include "proxy/upstream/idle_connections.hpp"
#include "proxy/websocket/relay.hpp"
#include "tls/wire.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <vector>

namespace fairlead::http {

// A session in its worker's list, so that a drain can find those that wait for a request.
class session_hook : public boost::intrusive::list_base_hook<>
{
public:
    virtual void drain() noexcept = 0; // end as soon as no request is under way
    virtual void abort() noexcept = 0; // wake up and end at once
    // Ends if it has waited for a request since `before` or earlier: somebody else has need of what it holds.
    // Whether it does.
    virtual bool make_way(net::milliseconds_count before) noexcept
    {
        (void)before;
        return false;
    }

    listening_point& came_by() const noexcept { return came_by_; }

protected:
    explicit session_hook(listening_point& by) noexcept
        : came_by_(by)
    {
        ++came_by_.sessions;
    }
    ~session_hook() { --came_by_.sessions; }

private:
    listening_point& came_by_;
};

struct session_services
{
    net::executor executor;
    net::timer_wheel& wheel;
    websocket::relay& relay;
    upstream::connector& connector;
    upstream::idle_connections& idle;
    metrics::worker_shard& shard;
    log::access_log& log;
    tls::wire& tls_way;
    net::handshake_gate& gate;
    metrics::tls_cells& client_tls;
    metrics::tls_cells& backend_tls;
    service_ref current; // replaced by a reload; a request keeps the one it began with
    listening_points points;
    boost::intrusive::list<session_hook> sessions;
    bool is_draining = false;
    log::report_interval proxy_header_reports{std::chrono::seconds(10)};
    log::report_interval handshake_reports{std::chrono::seconds(10)};
    date_line date{};
    gzip_encoders encoders{};
    std::vector<websocket::origin_ref> strays{}; // of upgrades that a reload overtook: to be led away
};

} // namespace fairlead::http
