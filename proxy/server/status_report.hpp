// GET /status: everything that an operator asks first, as one document; docs/status.md has its members.
//
// It joins what others know and keeps only the histories of the source pools' fill, of which it takes a
// sample every few seconds once it is started. Nothing in it is about a single connection: its size grows
// with the routes, pools and backends of the configuration. Nobody waits: workers are read, not asked.
// Thread: the main thread's. Lifetime: the io_context and the parts outlive it.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/http/service.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/snat/tuple_ledger.hpp"
#include "proxy/status/source_fill.hpp"
#include "proxy/status/traffic.hpp"
#include "proxy/status/warnings.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace fairlead::server {

class backend_health;
class credential_refresh;
class operator_drains;
class pool_rebalancing;
class memory_budget;
class reconciler;
class reload_control;
class worker;

struct status_parts
{
    const metrics::registry& metrics;
    const std::vector<std::unique_ptr<worker>>& workers;
    const std::shared_ptr<const http::service>& current;
    const snat::tuple_ledger& ledger;
    const backend_health& health;
    const operator_drains& drains;
    const reload_control& reloads;
    const pool_rebalancing& rebalancing;
    const credential_refresh& credentials;
    const reconciler& compared;
    const memory_budget& memory;
};

class status_report
{
public:
    status_report(net::asio::io_context& io, status_parts of);
    status_report(const status_report&) = delete;
    status_report& operator=(const status_report&) = delete;

    void start(); // when there is a configuration in force

    boost::json::object describe() const;

private:
    void sample();
    std::vector<status::destination_fill> fills() const;
    status::warning_facts facts(const boost::json::object& health) const;

    const status_parts of_;
    const std::optional<double> started_s_; // Unix time
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::uint32_t kernel_ports_ = 0;
    status::source_fill_watch fill_watch_;
    net::asio::steady_timer timer_;
};

} // namespace fairlead::server
