#include "proxy/server/worker.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/net/readiness.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/websocket/departure_queue.hpp"

#include <boost/asio/post.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <unordered_set>

#include <pthread.h>

namespace fairlead::server {
namespace {

constexpr std::uint16_t going_away = 1001;      // RFC 6455 7.4.1
constexpr std::uint16_t service_restart = 1012; // IANA WebSocket Close Code Number Registry

// Signals are the main thread's.
void block_signals()
{
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

} // namespace

worker::worker(metrics::worker_shard& shard, const shared_by_workers& shared, std::size_t number,
               std::shared_ptr<const http::service> first)
    : shard_(shard)
    , queues_(shared.queues)
    , budget_(shared.budget)
    , memory_(shard.own())
    , number_(number)
    , io_(std::make_unique<net::asio::io_context>(1))
    , stay_(io_->get_executor())
    , ticker_(std::make_unique<ticker>(io_->get_executor()))
    , wheel_(net::steady_now_ms())
    , log_(shared.writer, shard.own())
    , relay_(std::make_unique<websocket::relay>(
          *io_, wheel_, shard.own(), *this, websocket::relay::options{first->config.limits.pending_bytes}))
    , finder_(std::make_unique<connection_finder>(io_->get_executor(), *relay_))
    , gate_(io_->get_executor(), wheel_, std::make_unique<net::handshake_thread>(io_->get_executor()))
    , dialer_(io_->get_executor(), wheel_, tls_way_, gate_, shard.tls(metrics::party::backend))
    , connector_(dialer_, idle_, io_->get_executor(), wheel_)
    , services_(new http::session_services{io_->get_executor(),
                                           wheel_,
                                           *relay_,
                                           connector_,
                                           idle_,
                                           shard_,
                                           log_,
                                           tls_way_,
                                           gate_,
                                           shard.tls(metrics::party::client),
                                           shard.tls(metrics::party::backend),
                                           {},
                                           {},
                                           {},
                                           false})
    , drains_(*relay_, origins_, shard.own())
    , lots_(std::random_device{}())
{
    (void)net::readiness::of(io_->get_executor()); // its descriptor now, not when there may be none left
    services_->points.share(shared.gates);
    apply(std::move(first));
}

// Everything that waits is woken and ends; what does not end at once (a dial under way) is destroyed with
// the io_context, before the members that it uses.
worker::~worker()
{
    join();
    for (auto& each : listeners_)
        each->stop();
    relay_->shut_down();
    for (http::session_hook& session : services_->sessions)
        session.abort();
    gate_.shut_down();
    ticker_->cancel();
    stay_.reset();
    io_->restart();
    io_->run_for(std::chrono::milliseconds(100));
    listeners_.clear();
    finder_.reset();
    relay_.reset();
    ticker_.reset();
    idle_.clear();
    io_.reset();
    log_.flush();
}

void worker::start()
{
    thread_ = std::thread([this] { run(); });
}

void worker::run()
{
    block_signals();
    memory_.adopt_thread();
    budget_.allot(memory_);
    wait_for_tick();
    for (;;) {
        try {
            io_->run();
            return;
        } catch (const std::exception& failure) {
            shard_.own().exceptions[metrics::exception_cost::task].add();
            spdlog::error("worker: {}; going on", failure.what());
        }
    }
}

void worker::post(std::function<void(worker&)> task)
{
    net::asio::post(*io_, [this, task = std::move(task)] { task(*this); });
}

void worker::stop() { io_->stop(); }

void worker::join()
{
    if (thread_.joinable()) thread_.join();
}

bool worker::is_idle() const noexcept { return shard_.own().connections_open.value() == 0; }

void worker::add_listener(const conf::listen_options& options, owned_fd socket)
{
    listeners_.push_back(std::make_unique<listener>(
        options, queues_.watch(options.address.text, number_, std::move(socket)), *services_));
}

void worker::remove_listener(const std::string& address)
{
    const auto found =
        std::ranges::find(listeners_, address, [](const auto& each) { return each->address(); });
    if (found == listeners_.end()) return;
    (*found)->stop();
    // Its cancelled wait has yet to be told: the object goes after it.
    std::shared_ptr<listener> gone = std::move(*found);
    listeners_.erase(found);
    net::asio::post(*io_, [gone] {});
}

void worker::apply(std::shared_ptr<const http::service> next)
{
    const http::service_ref before = services_->current;
    services_->current = http::service_ref(new http::worker_service(next, shard_, origins_, before.get()));
    log_.apply(next->config.log);
    for (const conf::listen_options& options : next->config.listeners) {
        const auto found = std::ranges::find(listeners_, options.address.text,
                                             [](const auto& each) { return each->address(); });
        if (found != listeners_.end()) (*found)->apply(options, next->config.socket);
    }
    if (before) keep_unchanged_connections(*before);
    adopt_policies();
}

// Those that a pool which is the same as before has made; others may be from a source that is gone.
void worker::keep_unchanged_connections(const http::worker_service& before)
{
    const http::worker_service& now = *services_->current;
    const bool are_dialled_alike = before.shared->config.socket == now.shared->config.socket;
    std::unordered_set<const upstream::backend*> kept;
    for (const http::pool_view& each : now.pools) {
        if (!are_dialled_alike || before.view_of(*each.shared) == nullptr) continue;
        for (const auto& backend : each.shared->backends())
            kept.insert(backend.get());
    }
    idle_.retain([&](const upstream::backend& each) { return kept.contains(&each); });
}

// Tunnels of routes and backends that are still there go on as the new service asks; the others leave, at a
// drain's pace.
void worker::adopt_policies()
{
    std::vector<websocket::origin_ref> orphans;
    for (const websocket::origin_ref& each : origins_.all()) {
        const auto policy = services_->current->policy_for(*each);
        if (!policy && !each->is_gone) {
            each->is_gone = true;
            orphans.push_back(each);
        }
        if (policy && each->is_gone) {
            each->is_gone = false;
            drains_.adopt(*each);
        }
        if (!policy || *policy == each->policy) continue;
        each->policy = *policy;
        for (auto at = each->tunnels.begin(); at != each->tunnels.end();)
            relay_->reconsider(*at++);
    }
    drains_.orphan(std::move(orphans), drain_manner_of(services_->current->shared->config.drain),
                   net::steady_now_ms());
}

void worker::close_tunnels_of(const std::string& pool, const std::string& backend)
{
    if (services_->is_draining) return; // everything leaves already
    drains_.begin_dead({websocket::drain_kind::dead_backend, backend, pool},
                       drain_manner_of(services_->current->shared->config.drain), net::steady_now_ms());
}

void worker::spare_tunnels_of(const std::string& pool, const std::string& backend)
{
    drains_.end_dead({websocket::drain_kind::dead_backend, backend, pool});
}

void worker::drain()
{
    services_->is_draining = true;
    while (!listeners_.empty())
        remove_listener(std::string(listeners_.back()->address()));
    for (http::session_hook& session : services_->sessions)
        session.drain();
    listener_drains_.clear();
    drains_.begin_process(drain_manner_of(services_->current->shared->config.drain), net::steady_now_ms());
}

void worker::begin_drain(const websocket::drain_target& what, std::shared_ptr<websocket::drain_cell> told,
                         const websocket::drain_manner& how)
{
    if (services_->is_draining) return;
    if (what.kind == websocket::drain_kind::backend) {
        for (const auto& pool : services_->current->shared->pools) {
            for (const auto& each : pool->backends()) {
                if (pool->name() == what.pool && each->address().text == what.name) idle_.forget(*each);
            }
        }
    }
    if (what.kind == websocket::drain_kind::listener) {
        remove_listener(what.name);
        services_->points.obtain(what.name).is_draining = true;
        for (http::session_hook& session : services_->sessions) {
            if (session.came_by().is_draining) session.drain();
        }
        listener_drains_[what.name] = told;
        report_sessions();
    }
    drains_.begin(what, std::move(told), how, net::steady_now_ms());
}

void worker::take_back_drain(const websocket::drain_target& what)
{
    if (what.kind == websocket::drain_kind::listener) {
        services_->points.obtain(what.name).is_draining = false;
        listener_drains_.erase(what.name);
    }
    drains_.take_back(what);
}

void worker::report_sessions()
{
    for (const auto& [address, told] : listener_drains_)
        told->sessions.store(services_->points.obtain(address).sessions, std::memory_order_relaxed);
}

void worker::rebalance(const std::string& pool, const std::string& backend, std::size_t count)
{
    std::vector<websocket::origin_ref> full = origins_.all();
    std::erase_if(full, [&](const websocket::origin_ref& each) {
        return !each->is_websocket || each->pool != pool || each->backend != backend;
    });
    websocket::departure_queue queue(full);
    for (; count > 0; --count) {
        websocket::tunnel* const oldest = queue.first();
        if (oldest == nullptr) return;
        relay_->close(*oldest, {service_restart, going_away, websocket::end_cause::rebalanced});
    }
}

std::uint64_t worker::lead_home(const std::string& pool, std::uint64_t most)
{
    const auto& pools = services_->current->shared->pools;
    const auto found = std::ranges::find(pools, pool, [](const auto& each) { return each->name(); });
    if (found == pools.end() || (*found)->sticky() == nullptr || (*found)->sticky()->is_by_cookie()) return 0;
    const auto now = std::chrono::steady_clock::now();
    if ((*found)->in_charge(now).panics) return 0; // who were closed now would come back to where they are
    const auto is_astray = [&](const websocket::tunnel& each) {
        if (each.sticky_key == 0) return false;
        const auto home = (*found)->home_of(each.sticky_key, now);
        return home && (*found)->backends()[*home].get() != each.use.owner();
    };
    std::uint64_t left = 0;
    for (const websocket::origin_ref& origin : origins_.all()) {
        if (!origin->is_websocket || origin->pool != pool) continue;
        for (auto at = origin->tunnels.begin(); at != origin->tunnels.end();) {
            websocket::tunnel& each = *at++; // closing takes it off the list
            if (!is_astray(each)) continue;
            if (most == 0) {
                ++left;
                continue;
            }
            --most;
            relay_->close(each, {service_restart, going_away, websocket::end_cause::rebalanced});
        }
    }
    return left;
}

void worker::tunnel_ended(const websocket::tunnel& ended) noexcept
{
    credentials::count_end(ended.client.tls.get(), services_->client_tls);
    credentials::count_end(ended.backend.tls.get(), services_->backend_tls);
    log_.tunnel_closed(ended);
}

} // namespace fairlead::server
