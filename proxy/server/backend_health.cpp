#include "proxy/server/backend_health.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace fairlead::server {
namespace {

constexpr std::chrono::milliseconds look_interval{200};

std::set<const upstream::backend*> backends_of(const http::service* of)
{
    std::set<const upstream::backend*> out;
    if (of == nullptr) return out;
    for (const auto& pool : of->pools) {
        for (const auto& each : pool->backends())
            out.insert(each.get());
    }
    return out;
}

} // namespace

backend_health::backend_health(net::asio::io_context& io, const std::vector<std::unique_ptr<worker>>& workers)
    : workers_(workers)
    , checker_(io,
               [this] {
                   look();
                   settle_tunnels();
               })
    , timer_(io)
{}

void backend_health::apply(std::shared_ptr<const http::service> next)
{
    const bool is_first = current_ == nullptr;
    const auto now = std::chrono::steady_clock::now();
    const auto known = backends_of(current_.get());
    current_ = std::move(next);
    for (std::size_t i = 0; i < current_->pools.size(); ++i) {
        const conf::pool_options& options = current_->config.pools[i];
        const auto backends = current_->pools[i]->backends();
        current_->pools[i]->queue()->configure(options.queue);
        for (std::size_t at = 0; at < backends.size(); ++at) {
            upstream::backend& each = *backends[at];
            each.set_weight(options.backends[at].weight);
            each.set_priority(options.backends[at].priority);
            each.set_max_connections(options.backends[at].max_connections);
            each.set_slow_start(options.slow_start);
            if (!options.eject) each.ejection().forgive();
            if (!is_first && !known.contains(&each)) each.begin_slow_start(now);
        }
    }
    std::map<const upstream::pool*, upstream::steady_time> compare_at;
    for (const auto& pool : current_->pools) {
        if (!pool->measures_answers()) continue;
        const auto known_at = compare_at_.find(pool.get());
        compare_at[pool.get()] =
            known_at != compare_at_.end() ? known_at->second : now + pool->eject_window();
    }
    compare_at_ = std::move(compare_at);
    checker_.apply(current_->pools, current_->config.pools);
    look();
    settle_tunnels();
    if (is_first) look_again();
}

// A pool that is carried over a reload goes on with its window.
void backend_health::compare_answers(upstream::steady_time now)
{
    for (const auto& pool : current_->pools) {
        const auto at = compare_at_.find(pool.get());
        if (at == compare_at_.end() || now < at->second) continue;
        at->second = now + pool->eject_window();
        for (const health::slow_outlier& each : pool->eject_slow(now)) {
            const auto ms = [](std::chrono::microseconds time) {
                return conf::format_duration(std::chrono::round<conf::duration>(time));
            };
            watch_.note_slow(*pool->backends()[each.position],
                             "it answers in " + ms(each.median) + ", the others in " + ms(each.others));
        }
    }
}

void backend_health::look()
{
    const auto now = std::chrono::steady_clock::now();
    watch_.look(current_->pools, now);
    for (const auto& pool : current_->pools)
        pool->queue()->call_for_room(pool->backends(), now);
}

void backend_health::look_again()
{
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        compare_answers(std::chrono::steady_clock::now());
        look();
        look_again();
    });
}

// Of what the checks say and what the configuration asks, whichever changed.
void backend_health::settle_tunnels()
{
    std::set<backend_name> dead;
    for (std::size_t i = 0; i < current_->pools.size(); ++i) {
        if (current_->config.pools[i].dead_tunnels == conf::dead_tunnel_handling::keep) continue;
        for (const auto& each : current_->pools[i]->backends()) {
            if (each->checked() == health::checked_state::down)
                dead.emplace(each->pool_name(), each->address().text);
        }
    }
    const auto tell = [this](const backend_name& of,
                             void (worker::*what)(const std::string&, const std::string&)) {
        for (const auto& each : workers_)
            each->post([of, what](worker& self) { (self.*what)(of.first, of.second); });
    };
    for (const backend_name& each : dead) {
        if (!leaving_.contains(each)) tell(each, &worker::close_tunnels_of);
    }
    for (const backend_name& each : leaving_) {
        if (!dead.contains(each)) tell(each, &worker::spare_tunnels_of);
    }
    leaving_ = std::move(dead);
}

std::vector<metrics::backend_state> backend_health::states() const
{
    return watch_.states(current_->pools, std::chrono::steady_clock::now());
}

std::vector<metrics::pool_state> backend_health::pool_states() const
{
    return watch_.pool_states(current_->pools, std::chrono::steady_clock::now());
}

control_answer backend_health::describe(const tunnel_census& tunnels) const
{
    const auto now = std::chrono::steady_clock::now();
    control_answer answer;
    answer.body["pools"] = watch_.describe(current_->pools, now);
    boost::json::array backends = watch_.describe(current_->pools, tunnels, now);
    auto at = backends.begin(); // which are in the order of the configuration
    for (const conf::pool_options& pool : current_->config.pools) {
        for (const conf::backend_options& each : pool.backends)
            at++->as_object()["origin"] = conf::word_of(each.origin);
    }
    answer.body["backends"] = std::move(backends);
    return answer;
}

} // namespace fairlead::server
