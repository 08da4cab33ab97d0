// One thread with everything a connection needs: its own io_context, listeners, relay, timers, kept
// connections and metric shard. A connection never leaves it, and nothing on its data path is shared with
// another.
//
// Thread: the constructor, post() and join() are the main thread's; all else runs on the worker's own thread,
// through post(). Lifetime: the shard, the line_writer and the backend registry outlive it.
#pragma once

#include "metrics/worker_shard.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/log/access_log.hpp"
#include "proxy/log/progress_round.hpp"
#include "proxy/server/connection_finder.hpp"
#include "proxy/net/memory_account.hpp"
#include "proxy/server/listener.hpp"
#include "proxy/server/memory_budget.hpp"
#include "proxy/websocket/drain_schedule.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace fairlead::server {

// What outlives the workers and is safe from each of their threads.
struct shared_by_workers
{
    log::line_writer& writer;
    http::upgrade_gates& gates;
    accept_queues& queues;
    const memory_budget& budget;
};

inline websocket::drain_manner drain_manner_of(const conf::drain_options& drain)
{
    return {static_cast<net::milliseconds_count>(drain.window.count()),
            drain.order == conf::drain_direction::newest_first};
}

class worker final : public websocket::tunnel_observer
{
public:
    // `number` counts from 0.
    worker(metrics::worker_shard& shard, const shared_by_workers& shared, std::size_t number,
           std::shared_ptr<const http::service> first);
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker();

    void start();
    void post(std::function<void(worker&)> task);
    void stop(); // ends the loop; connections are closed by the destructor
    void join();

    const metrics::worker_shard& shard() const noexcept { return shard_; }
    bool is_idle() const noexcept; // no session and no tunnel; from any thread

    // On the worker's thread:
    void add_listener(const conf::listen_options& options, owned_fd socket);
    void remove_listener(const std::string& address);
    void apply(std::shared_ptr<const http::service> next);
    void drain();
    // What an operator drains: the flags of routes and backends are set already.
    void begin_drain(const websocket::drain_target& what, std::shared_ptr<websocket::drain_cell> told,
                     const websocket::drain_manner& how);
    void take_back_drain(const websocket::drain_target& what);

    // Ends up to `count` WebSockets of the backend, the oldest first: their clients find another.
    void rebalance(const std::string& pool, const std::string& backend, std::size_t count);

    // Ends up to `most` WebSockets of the pool whose values belong to another backend; returns how many more
    // there are.
    std::uint64_t lead_home(const std::string& pool, std::uint64_t most);

    // The tunnels of a backend that was found dead leave at a drain's pace, until it recovers.
    void close_tunnels_of(const std::string& pool, const std::string& backend);
    void spare_tunnels_of(const std::string& pool, const std::string& backend);

    connection_finder& connections() noexcept { return *finder_; }
    void end_trace(const websocket::frame_trace& into) noexcept { relay_->end_trace(into); }

private:
    void tunnel_ended(const websocket::tunnel& ended) noexcept override;
    void run();
    void tick();
    void adopt_policies();
    void keep_unchanged_connections(const http::worker_service& before);
    void report_sessions();
    void relieve(net::milliseconds_count now);
    void close_idle(metrics::shortage of, net::milliseconds_count now);
    void log_progress(net::milliseconds_count now);
    void wait_for_tick();

    metrics::worker_shard& shard_;
    accept_queues& queues_;
    const memory_budget& budget_;
    net::memory_account memory_;
    const std::size_t number_;
    using ticker =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    std::unique_ptr<net::asio::io_context> io_;
    net::asio::executor_work_guard<net::executor> stay_;
    std::unique_ptr<ticker> ticker_;
    net::timer_wheel wheel_;
    log::access_log log_;
    log::progress_round progress_;
    std::unique_ptr<websocket::relay> relay_;
    std::unique_ptr<connection_finder> finder_;
    tls::wire tls_way_;
    net::handshake_gate gate_;
    upstream::dialer dialer_;
    upstream::idle_connections idle_;
    upstream::connector connector_;
    std::unique_ptr<http::session_services> services_;
    std::vector<std::unique_ptr<listener>> listeners_;
    websocket::origin_table origins_;
    websocket::drain_schedule drains_;
    // Of drained listeners, by address.
    std::map<std::string, std::shared_ptr<websocket::drain_cell>> listener_drains_;
    std::minstd_rand lots_;
    std::uint32_t ticks_ = 0;
    std::thread thread_;
};

} // namespace fairlead::server
