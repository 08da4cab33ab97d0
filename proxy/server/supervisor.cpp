#include "proxy/server/supervisor.hpp"

#include "proxy/log/process_log.hpp"
#include "proxy/server/file_limit.hpp"
#include "proxy/server/system_call_filter.hpp"
#include "tls/openssl_version.hpp"

#include <boost/asio/post.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

namespace fairlead::server {
namespace {

constexpr std::chrono::milliseconds drain_check_interval{50};
constexpr std::chrono::seconds first_names_time{5};
constexpr std::chrono::seconds first_reconciliation_time{1};
constexpr std::chrono::milliseconds ledger_sweep_interval{250};
constexpr std::chrono::milliseconds tunnel_interval{1'000};
constexpr std::chrono::seconds drain_grace{1}; // for the last closes to be answered

std::uint32_t worker_count(const conf::config& config)
{
    return config.workers != 0 ? config.workers : std::max(1U, std::thread::hardware_concurrency());
}

// A part of a configuration that is in force already.
template <class Step>
void carry_on(const char* part, Step step)
{
    try {
        step();
    } catch (const std::exception& failure) {
        spdlog::error("the configuration is in force, but for a part of it: {}: {}", part, failure.what());
    }
}

} // namespace

supervisor::supervisor(conf::config first, config_source source, log::line_writer& process_log)
    : first_(std::move(first))
    , registry_({FAIRLEAD_VERSION, std::string(tls::openssl_version())})
    , process_log_(process_log)
    , writer_(first_.log.access, "access log", [](const std::string& what) { spdlog::error("{}", what); })
    , resolver_(io_, backends_)
    , reconciler_(ledger_)
    , discovery_(io_, [this] { return take_members(); })
    , drains_(workers_)
    , reloads_({[this, from = std::move(source)] { return read_again(from); },
                [this](conf::config next, std::uint64_t generation) { apply(std::move(next), generation); },
                [this](bool ok) { set_lifecycle(true, false, ok); }, [this] { return count_tunnels(); },
                current_, first_})
    , rebalancing_(workers_)
    , credentials_(io_, secrets_, current_)
    , health_(io_, workers_)
    , status_(io_, {registry_, workers_, current_, ledger_, health_, drains_, reloads_, rebalancing_,
                    credentials_, reconciler_, budget_})
    , signals_(io_)
    , log_reopening_(io_, {&writer_, &process_log_})
    , drain_timer_(io_)
    , ledger_timer_(io_)
    , tunnel_timer_(io_)
{}

// Workers end before what they use.
supervisor::~supervisor()
{
    for (auto& each : workers_)
        each->stop();
    workers_.clear();
}

int supervisor::run()
{
    raise_file_limit();
    ::signal(SIGPIPE, SIG_IGN);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        signals_.add(number);
    discovery_.follow(first_);
    discovery_.wait(first_names_time);
    discovery_.fill(first_, nullptr);
    current_ = http::service::build(first_, {backends_, ledger_, routes_, &secrets_, &passwords_}, 1);
    credentials_.follow();
    resolver_.resolve_soon();
    resolver_.wait(first_names_time);
    prepare_sources();
    reconciler_.start(current_->config.source.reconcile_every, first_reconciliation_time);
    provide_metrics();
    status_.start();
    set_lifecycle(false, false, true);
    admin_ = std::make_unique<admin_server>(io_, first_, registry_, this);
    start_workers();
    health_.apply(current_);
    resolver_.start();
    install_system_call_filter(first_.process.seccomp);
    set_lifecycle(true, false, true);
    wait_for_signal();
    sweep_ledger();
    look_after_tunnels();
    follow_files();
    spdlog::info("ready: {} workers, {} routes, {} pools", workers_.size(), first_.routes.size(),
                 first_.pools.size());
    if (on_ready_) on_ready_();
    io_.run();
    return EXIT_SUCCESS;
}

void supervisor::sweep_ledger()
{
    ledger_.sweep(std::chrono::steady_clock::now());
    ledger_timer_.expires_after(ledger_sweep_interval);
    ledger_timer_.async_wait([this](const net::error_code& error) {
        if (!error) sweep_ledger();
    });
}

// So that what others use is known before the first dial, and every space is in the metrics.
void supervisor::prepare_sources()
{
    for (const auto& pool : current_->pools) {
        if (pool->source() == nullptr) continue;
        for (const auto& each : pool->backends()) {
            for (const auto& ip : each->addresses())
                pool->source()->prepare({ip, each->address().port});
        }
    }
}

void supervisor::start_workers()
{
    const std::uint32_t count = worker_count(first_);
    std::vector<std::vector<owned_fd>> sockets; // by address, then worker
    for (const auto& each : first_.listeners)
        sockets.push_back(open_listening_sockets(each.address, count, first_.socket.backlog,
                                                 first_.source.replica.count > 1));
    const shared_by_workers shared{writer_, gates_, queues_, budget_};
    budget_.set_limit(first_.limits.memory_limit);
    for (std::uint32_t i = 0; i < count; ++i) {
        metrics::worker_shard& shard = registry_.add_worker();
        budget_.join(shard);
        workers_.push_back(std::make_unique<worker>(shard, shared, i, current_));
        for (std::size_t at = 0; at < sockets.size(); ++at)
            workers_.back()->add_listener(first_.listeners[at], std::move(sockets[at][i]));
    }
    for (auto& each : workers_)
        each->start();
}

void supervisor::wait_for_signal()
{
    signals_.async_wait([this](const net::error_code& error, int number) {
        if (error) return;
        if (number == SIGHUP)
            reload_for(reload_cause::signal);
        else
            terminate();
        wait_for_signal();
    });
}

void supervisor::terminate()
{
    if (is_draining_) {
        spdlog::warn("second signal: ending at once");
        spdlog::default_logger()->flush();
        std::_Exit(EXIT_FAILURE);
    }
    is_draining_ = true;
    set_lifecycle(false, true, registry_.current_lifecycle().last_reload_ok);
    const std::chrono::milliseconds delay = current_->config.drain.delay;
    if (delay.count() == 0) {
        drain_workers();
        return;
    }
    spdlog::info("not ready: draining begins in {} ms", delay.count());
    drain_timer_.expires_after(delay);
    drain_timer_.async_wait([this](const net::error_code& error) {
        if (!error) drain_workers();
    });
}

void supervisor::drain_workers()
{
    const conf::drain_options& drain = current_->config.drain;
    spdlog::info("draining: tunnels are closed over {} ms", drain.window.count());
    for (auto& each : workers_)
        each->post([](worker& self) { self.drain(); });
    drain_end_ = std::chrono::steady_clock::now() + drain.window + drain.close_timeout + drain_grace;
    watch_drain();
}

void supervisor::watch_drain()
{
    drain_timer_.expires_after(drain_check_interval);
    drain_timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        const bool is_over = std::chrono::steady_clock::now() >= drain_end_;
        if (!is_over && !is_drained()) {
            watch_drain();
            return;
        }
        spdlog::info(is_over ? "drain: time is up, the rest is cut" : "drained");
        if (admin_) admin_->finish_streams();
        net::asio::post(io_, [this] { io_.stop(); });
    });
}

bool supervisor::is_drained() const
{
    return std::ranges::all_of(workers_, [](const auto& each) { return each->is_idle(); });
}

void supervisor::reload_for(reload_cause why)
{
    if (is_draining_) return;
    reloads_.run(why);
    follow_files();
}

tunnel_census supervisor::count_tunnels() const
{
    std::vector<const metrics::worker_shard*> shards;
    for (const auto& each : workers_)
        shards.push_back(&each->shard());
    return tunnel_census(shards);
}

void supervisor::look_after_tunnels()
{
    if (!is_draining_) rebalancing_.step(*current_, net::steady_now_ms());
    tunnel_timer_.expires_after(tunnel_interval);
    tunnel_timer_.async_wait([this](const net::error_code& error) {
        if (!error) look_after_tunnels();
    });
}

// Those of the last attempt too: a file that broke the configuration is the one that will change next.
void supervisor::follow_files()
{
    const conf::config& config = current_->config;
    if (!config.reload.watch && !watch_) return;
    try {
        if (!watch_)
            watch_ = std::make_unique<config_watch>(io_, [this] { reload_for(reload_cause::watch); });
        std::vector<std::string> files;
        std::vector<std::string> folders;
        if (config.reload.watch) {
            files = config.files;
            folders = config.folders;
            files.insert(files.end(), reloads_.files().begin(), reloads_.files().end());
            folders.insert(folders.end(), reloads_.folders().begin(), reloads_.folders().end());
        }
        watch_->follow(files, folders);
    } catch (const std::exception& failure) {
        spdlog::error("files are not watched: {}", failure.what());
    }
}

// With the members that discovery knows: what is in force is compared with that.
conf::read_result supervisor::read_again(const config_source& source) const
{
    conf::read_result read = source();
    if (read.ok()) discovery_.fill(read.value, &current_->config);
    return read;
}

bool supervisor::take_members()
{
    if (is_draining_ || !current_) return true; // what is not in force yet is filled before it is
    conf::config next = current_->config;
    discovery_.fill(next, &current_->config);
    return reloads_.take_members(std::move(next));
}

// Everything that may refuse the new configuration comes first; from there on it is in force, and what fails
// is a part of it that is missing: the workers are told all the same.
void supervisor::apply(conf::config next, std::uint64_t generation)
{
    const http::lasting_counts counts{backends_, ledger_, routes_, &secrets_, &passwords_};
    auto fresh = http::service::build(std::move(next), counts, generation, current_.get());
    auto added = open_added_listeners(fresh->config);
    const auto before = std::exchange(current_, std::move(fresh));
    // Of these the first connections that the workers make have need.
    carry_on("drains", [&] {
        drains_.after_reload(*current_);
        wishes_.after_reload(*current_);
    });
    carry_on("sources", [&] { prepare_sources(); });
    budget_.set_limit(current_->config.limits.memory_limit);
    carry_on("health", [&] { health_.apply(current_); });
    // The service first: what a new listener's connections need is in it.
    carry_on("workers", [&] {
        for (auto& each : workers_)
            each->post([service = current_](worker& self) { self.apply(service); });
    });
    carry_on("listeners", [&] { move_listeners(std::move(added), before->config); });
    carry_on("certificates", [&] { credentials_.follow(); });
    log::set_log_level(current_->config.log.level);
    carry_on("reconciliation", [&] { reconciler_.set_every(current_->config.source.reconcile_every); });
    carry_on("names", [&] {
        backends_.sweep();
        routes_.sweep();
        discovery_.follow(current_->config);
        resolver_.resolve_soon(); // a new name serves when it has resolved
    });
}

} // namespace fairlead::server
