// What the connections of all admin listeners share: the pages, deadlines, TLS, the counts that bound them.
//
// Shared by pointer: coroutines of connections may be destroyed with their io_context, after the listeners.
// Thread: the main thread's.
#pragma once

#include "metrics/admin_samples.hpp"
#include "proxy/admin/page_table.hpp"
#include "proxy/http/date_line.hpp"
#include "proxy/log/report_interval.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/handshake_gate.hpp"
#include "proxy/net/socket.hpp"
#include "tls/wire.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace fairlead::admin {

class page_stream;

inline constexpr std::size_t max_connections = 64; // of each listener
inline constexpr std::size_t max_streams = 32;     // of all

struct connection_services
{
    connection_services(net::executor where, std::vector<page> served)
        : pages(std::move(served))
        , gate(where, wheel)
    {}
    connection_services(const connection_services&) = delete;
    connection_services& operator=(const connection_services&) = delete;

    page_table pages;
    net::timer_wheel wheel{net::steady_now_ms()}; // whoever has connections advances it
    net::handshake_gate gate;
    tls::wire tls_way;
    http::date_line date;
    std::shared_ptr<metrics::admin_cells> cells = std::make_shared<metrics::admin_cells>();
    log::report_interval refusal_reports{std::chrono::seconds(10)};
    std::size_t connections = 0;
    std::set<page_stream*> streams; // that have not ended
};

} // namespace fairlead::admin
