#include "proxy/server/pool_rebalancing.hpp"

#include <boost/json/array.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using upstream::rebalance_state;

std::vector<upstream::pool_share> shares_of(const upstream::pool& pool,
                                            const std::vector<counted_tunnels>& counted)
{
    const auto now = std::chrono::steady_clock::now();
    std::vector<upstream::pool_share> shares;
    const std::uint32_t priority = pool.in_charge(now).priority;
    for (const auto& each : pool.backends()) {
        const bool serves = each->backoff().failures() == 0 && each->is_serving(now);
        shares.push_back({each->address().text, each->weight(), 0, serves && each->priority() == priority,
                          serves && each->priority() > priority});
    }
    for (const counted_tunnels& some : counted) {
        if (some.pool != pool.name()) continue;
        const auto found = std::ranges::find(shares, some.backend, &upstream::pool_share::backend);
        if (found != shares.end()) found->tunnels += some.count;
    }
    return shares;
}

std::string_view word_of(rebalance_state state) noexcept
{
    switch (state) {
    case rebalance_state::quiet: return "quiet";
    case rebalance_state::leading: return "rebalancing";
    case rebalance_state::useless: return "without_effect";
    }
    return {};
}

void tell(const std::string& pool, const upstream::rebalancer& machine, double spread)
{
    switch (machine.state()) {
    case rebalance_state::quiet: spdlog::info("pool {}: rebalanced", pool); return;
    case rebalance_state::leading:
        spdlog::info("pool {}: rebalancing, the fullest backend is {:.0f} % above its share", pool,
                     spread * 100);
        return;
    case rebalance_state::useless:
        spdlog::warn("pool {}: rebalancing ends, clients come back to the backends they left", pool);
        return;
    }
}

// One decimal says enough.
double rounded(double value) { return std::round(value * 10) / 10; }

} // namespace

tunnel_census pool_rebalancing::count() const
{
    std::vector<const metrics::worker_shard*> shards;
    for (const auto& each : workers_)
        shards.push_back(&each->shard());
    return tunnel_census(shards);
}

void pool_rebalancing::step(const http::service& current, net::milliseconds_count now)
{
    const auto has_no_use = [&](bool by_value) {
        return [&current, by_value](const auto& entry) {
            const auto pool = std::ranges::find(current.config.pools, entry.first, &conf::pool_options::name);
            return pool == current.config.pools.end() || !pool->rebalance ||
                   pool->sticky.has_value() != by_value;
        };
    };
    std::erase_if(machines_, has_no_use(false));
    std::erase_if(homecomings_, has_no_use(true));
    const bool is_wanted = std::ranges::any_of(current.config.pools,
                                               [](const auto& pool) { return pool.rebalance.has_value(); });
    if (!is_wanted) return;
    counted_ = count().all();
    for (std::size_t i = 0; i < current.pools.size(); ++i) {
        const conf::pool_options& options = current.config.pools[i];
        if (!options.rebalance) continue;
        if (options.sticky)
            lead_home(*current.pools[i], *options.rebalance);
        else
            step_pool(current, i, now);
    }
}

void pool_rebalancing::lead_home(const upstream::pool& pool, const conf::rebalance_options& options)
{
    const auto look = [&](std::size_t at, std::uint64_t most, std::shared_ptr<homecoming::findings> told) {
        workers_[at]->post([name = pool.name(), at, most, told = std::move(told)](worker& self) {
            (*told)[at].store(self.lead_home(name, most) + 1, std::memory_order_relaxed);
        });
    };
    homecomings_[pool.name()].step(pool, options, workers_.size(), look);
}

void pool_rebalancing::step_pool(const http::service& current, std::size_t at, net::milliseconds_count now)
{
    const upstream::pool& pool = *current.pools[at];
    const conf::rebalance_options& options = *current.config.pools[at].rebalance;
    upstream::rebalancer& machine = machines_[pool.name()];
    const auto shares = shares_of(pool, counted_);
    const rebalance_state before = machine.state();
    const auto shed = machine.step(options, shares, now);
    if (machine.state() != before) tell(pool.name(), machine, machine.look(options, shares).spread);
    for (std::size_t i = 0; i < shed.size(); ++i) {
        if (shed[i] > 0) close(shares[i], pool.name(), shed[i]);
    }
}

void pool_rebalancing::close(const upstream::pool_share& from, const std::string& pool, std::uint64_t count)
{
    std::vector<std::uint64_t> by_worker(workers_.size());
    for (const counted_tunnels& each : counted_) {
        if (each.pool == pool && each.backend == from.backend) by_worker[each.worker] += each.count;
    }
    const auto parts = split(count, by_worker);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] == 0) continue;
        workers_[i]->post([pool, backend = from.backend, part = parts[i]](worker& self) {
            self.rebalance(pool, backend, part);
        });
    }
}

control_answer pool_rebalancing::begin(const std::string& pool, const http::service& current)
{
    const auto found = std::ranges::find(current.config.pools, pool, &conf::pool_options::name);
    if (found == current.config.pools.end()) return refuse(404, "there is no pool '" + pool + "'");
    if (!found->rebalance)
        return refuse(409, "pool '" + pool + "' has no `rebalance` that says at which rate");
    if (found->sticky)
        homecomings_[pool].begin();
    else
        machines_[pool].begin();
    control_answer answer;
    answer.body["begun"] = true;
    return answer;
}

json::object pool_rebalancing::describe_homecoming(const std::string& pool,
                                                   const conf::rebalance_options& options) const
{
    const auto known = homecomings_.find(pool);
    const bool is_known = known != homecomings_.end();
    const auto astray = is_known && known->second.is_leading() ? known->second.astray() : std::nullopt;
    json::object told{{"pool", pool},
                      {"state", word_of(is_known ? known->second.state() : rebalance_state::quiet)},
                      {"by_value", true},
                      {"per_second", options.per_second}};
    if (astray) told["would_close"] = *astray;
    return told;
}

control_answer pool_rebalancing::describe(const http::service& current) const
{
    const tunnel_census census = count();
    json::array pools;
    for (std::size_t i = 0; i < current.pools.size(); ++i) {
        const auto& options = current.config.pools[i].rebalance;
        if (!options) continue;
        if (current.config.pools[i].sticky) {
            pools.push_back(describe_homecoming(current.pools[i]->name(), *options));
            continue;
        }
        const auto shares = shares_of(*current.pools[i], census.all());
        const auto known = machines_.find(current.pools[i]->name());
        const upstream::rebalancer& machine =
            known == machines_.end() ? upstream::rebalancer() : known->second;
        const upstream::rebalance_view view = machine.look(*options, shares);
        json::array backends;
        std::uint64_t to_close = 0;
        for (std::size_t at = 0; at < shares.size(); ++at) {
            to_close += view.to_be_shed[at];
            backends.push_back({{"backend", shares[at].backend},
                                {"weight", shares[at].weight},
                                {"takes_new", shares[at].takes_new},
                                {"tunnels", shares[at].tunnels},
                                {"share", rounded(view.fair[at])},
                                {"would_close", view.to_be_shed[at]}});
        }
        pools.push_back({{"pool", current.pools[i]->name()},
                         {"state", word_of(machine.state())},
                         {"above_share_percent", rounded(view.spread * 100)},
                         {"threshold_percent", options->threshold},
                         {"per_second", options->per_second},
                         {"on_the_way", machine.on_the_way()},
                         {"would_close", to_close},
                         {"backends", std::move(backends)}});
    }
    control_answer answer;
    answer.body["pools"] = std::move(pools);
    return answer;
}

} // namespace fairlead::server
