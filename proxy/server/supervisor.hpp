// The process: reads the configuration, runs the workers, and does what signals ask.
//
//   SIGTERM, SIGINT  not ready; after drain.delay stop accepting, finish exchanges, close tunnels with 1001
//                    over drain.window, exit 0; the second one ends at once, exit 1
//   SIGHUP           read the configuration again; a broken one changes nothing
//   SIGUSR1          open the files of both logs again
//
// The same and more can be asked on the admin listener: see process_control.
// Main thread only. What must outlive the workers (metrics, ledger, backends) is declared before them.
// Errors: run() throws std::exception when it cannot start: an address in use, a log that cannot be opened.
#pragma once

#include "conf/read_config.hpp"
#include "metrics/registry.hpp"
#include "proxy/http/password_verifier.hpp"
#include "proxy/http/service.hpp"
#include "proxy/log/line_writer.hpp"
#include "proxy/server/accept_queues.hpp"
#include "proxy/server/admin_server.hpp"
#include "proxy/server/backend_health.hpp"
#include "proxy/server/backend_wishes.hpp"
#include "proxy/server/config_watch.hpp"
#include "proxy/server/credential_refresh.hpp"
#include "proxy/server/member_discovery.hpp"
#include "proxy/server/log_reopening.hpp"
#include "proxy/server/operator_drains.hpp"
#include "proxy/server/pool_rebalancing.hpp"
#include "proxy/server/reconciler.hpp"
#include "proxy/server/reload_control.hpp"
#include "proxy/server/status_report.hpp"
#include "proxy/server/worker.hpp"
#include "proxy/upstream/name_resolver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::server {

class supervisor final : public process_control
{
public:
    using config_source = std::function<conf::read_result()>;

    // `first` was read from `source`, which is asked again on SIGHUP. Errors of it have been dealt with.
    // `process_log` outlives it.
    supervisor(conf::config first, config_source source, log::line_writer& process_log);
    supervisor(const supervisor&) = delete;
    supervisor& operator=(const supervisor&) = delete;
    ~supervisor();

    // Called once, when the workers accept.
    void on_ready(std::function<void()> tell) { on_ready_ = std::move(tell); }

    int run(); // returns the exit code

    control_answer drain(const drain_request& asked) override;
    control_answer drains() const override;
    control_answer reload(bool dry_run) override;
    control_answer reloads() const override;
    control_answer rebalance(const std::string& pool) override;
    control_answer rebalancing() const override;
    control_answer backends() const override;
    control_answer status() const override;
    control_answer change_backend(const backend_request& asked) override;
    control_answer explain(const explain_request& asked) const override;
    void connections(const connections_request& asked, later done) override;
    void find(std::shared_ptr<const connection_query> asked, found done) override;
    void trace(const std::string& id, std::shared_ptr<websocket::frame_trace> into,
               std::function<void(std::uint64_t)> done) override;
    void end_trace(std::shared_ptr<websocket::frame_trace> into) override;

private:
    struct opened_listener
    {
        conf::listen_options options;
        std::vector<owned_fd> sockets; // one for each worker
    };

    void start_workers();
    void sweep_ledger();
    void look_after_tunnels();
    void prepare_sources();
    void provide_metrics();
    void set_lifecycle(bool ready, bool draining, bool reload_ok);
    void wait_for_signal();
    void terminate();
    void drain_workers();
    void reload_for(reload_cause why);
    void apply(conf::config next, std::uint64_t generation);
    conf::read_result read_again(const config_source& source) const;
    bool take_members();
    void follow_files();
    tunnel_census count_tunnels() const;
    std::vector<opened_listener> open_added_listeners(const conf::config& next) const;
    void move_listeners(std::vector<opened_listener> added, const conf::config& before);
    void watch_drain();
    bool is_drained() const;

    conf::config first_;
    std::function<void()> on_ready_;
    net::asio::io_context io_{1};
    metrics::registry registry_;
    snat::tuple_ledger ledger_;
    upstream::backend_registry backends_;
    routing::route_registry routes_;
    credentials::process_secrets secrets_;
    http::password_verifier passwords_;
    log::line_writer& process_log_;
    log::line_writer writer_;
    upstream::name_resolver resolver_;
    reconciler reconciler_;
    std::shared_ptr<const http::service> current_;
    member_discovery discovery_;
    http::upgrade_gates gates_;
    accept_queues queues_;
    memory_budget budget_;
    std::vector<std::unique_ptr<worker>> workers_;
    operator_drains drains_;
    backend_wishes wishes_;
    reload_control reloads_;
    pool_rebalancing rebalancing_;
    credential_refresh credentials_;
    backend_health health_;
    status_report status_;
    std::unique_ptr<config_watch> watch_; // by option
    std::unique_ptr<admin_server> admin_;
    net::asio::signal_set signals_;
    log_reopening log_reopening_;
    net::asio::steady_timer drain_timer_;
    net::asio::steady_timer ledger_timer_;
    net::asio::steady_timer tunnel_timer_;
    std::chrono::steady_clock::time_point drain_end_;
    bool is_draining_ = false;
};

} // namespace fairlead::server
