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
    , checker_(io, [this](upstream::backend& of, health::checked_state before) { on_checked(of, before); })
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
        for (std::size_t at = 0; at < backends.size(); ++at) {
            upstream::backend& each = *backends[at];
            each.set_weight(options.backends[at].weight);
            each.set_slow_start(options.slow_start);
            if (!options.eject) each.ejection().forgive();
            if (!is_first && !known.contains(&each)) each.begin_slow_start(now);
        }
    }
    checker_.apply(current_->pools, current_->config.pools);
    look();
    if (is_first) look_again();
}

void backend_health::look() { watch_.look(current_->pools, std::chrono::steady_clock::now()); }

void backend_health::look_again()
{
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        look();
        look_again();
    });
}

void backend_health::on_checked(upstream::backend& of, health::checked_state before)
{
    const auto pool = std::ranges::find(current_->config.pools, of.pool_name(), &conf::pool_options::name);
    if (pool == current_->config.pools.end()) return;
    look();
    if (pool->dead_tunnels == conf::dead_tunnel_handling::keep) return;
    const bool is_dead = of.checked() == health::checked_state::down;
    if (!is_dead && before != health::checked_state::down) return;
    for (auto& each : workers_) {
        each->post([is_dead, name = of.pool_name(), address = of.address().text](worker& self) {
            is_dead ? self.close_tunnels_of(name, address) : self.spare_tunnels_of(name, address);
        });
    }
}

std::vector<metrics::backend_state> backend_health::states() const
{
    return watch_.states(current_->pools, std::chrono::steady_clock::now());
}

control_answer backend_health::describe(const tunnel_census& tunnels) const
{
    control_answer answer;
    answer.body["backends"] = watch_.describe(current_->pools, tunnels, std::chrono::steady_clock::now());
    return answer;
}

} // namespace fairlead::server
