#include "proxy/server/backend_watch.hpp"

#include "proxy/upstream/serving_share.hpp"

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <spdlog/spdlog.h>

#include <array>
#include <ctime>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using metrics::backend_condition;

json::string to_json(std::string_view text)
{
    return json::string(json::string_view(text.data(), text.size()));
}

// RFC 3339, in UTC and whole seconds.
json::string to_json(std::chrono::system_clock::time_point at)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return to_json({text.data(), size});
}

json::array to_json(const upstream::resolved_set& addresses)
{
    json::array out;
    for (const auto& each : addresses)
        out.push_back(to_json(conf::to_string(each)));
    return out;
}

} // namespace

backend_condition condition_of(const upstream::backend& of, upstream::steady_time now)
{
    switch (of.checked()) {
    case health::checked_state::down: return backend_condition::down;
    case health::checked_state::draining: return backend_condition::draining;
    case health::checked_state::checking:
    case health::checked_state::up: break;
    }
    if (of.is_draining()) return backend_condition::draining;
    if (of.is_withheld() || of.ejection().is_out(now)) return backend_condition::ejected;
    return of.backoff().failures() != 0 ? backend_condition::backing_off : backend_condition::up;
}

std::string backend_watch::reason_of(const upstream::backend& of, backend_condition condition) const
{
    const auto* report = checks_.find(of);
    switch (condition) {
    case backend_condition::draining:
        if (of.is_draining()) return "by an operator";
        [[fallthrough]];
    case backend_condition::down: return report != nullptr ? report->reason : "";
    case backend_condition::ejected:
        if (of.is_withheld()) return "by an operator";
        if (of.ejection().last_failure() == health::failure_kind::slow) {
            const auto known = seen_.find({of.pool_name(), of.address().text});
            if (known != seen_.end()) return known->second.slow;
        }
        return "too many failures, the last: " + std::string(to_string(of.ejection().last_failure()));
    case backend_condition::backing_off: return "it cannot be connected to";
    case backend_condition::up: break;
    }
    return "";
}

void backend_watch::look(const pool_list& pools, upstream::steady_time now)
{
    ++round_;
    for (const auto& pool : pools) {
        look(*pool, now);
        for (const auto& each : pool->backends()) {
            const auto [at, is_new] = seen_.try_emplace({pool->name(), each->address().text});
            seen& before = at->second;
            before.round = round_;
            if (is_new) before.since = std::chrono::system_clock::now();
            const backend_condition condition = condition_of(*each, now);
            if (condition == before.condition) continue;
            before.condition = condition;
            before.reason = reason_of(*each, condition);
            before.since = std::chrono::system_clock::now();
            const bool is_up = condition == backend_condition::up;
            spdlog::log(is_up ? spdlog::level::info : spdlog::level::warn, "pool {}: backend {} is {}{}{}",
                        pool->name(), each->address().text, label(condition),
                        before.reason.empty() ? "" : ": ", before.reason);
        }
    }
    std::erase_if(seen_, [&](const auto& entry) { return entry.second.round != round_; });
}

void backend_watch::look(const upstream::pool& pool, upstream::steady_time now)
{
    const upstream::tier_in_charge charge = pool.in_charge(now);
    tell_charge(pool, charge);
    tell_panic(pool, charge);
}

void backend_watch::tell_charge(const upstream::pool& pool, const upstream::tier_in_charge& charge)
{
    if (!pool.has_tiers()) {
        charges_.erase(pool.name());
        return;
    }
    const std::uint32_t lowest = upstream::next_priority(pool.backends()).value_or(0);
    const auto [at, is_new] = charges_.try_emplace(pool.name(), lowest);
    const std::uint32_t before = std::exchange(at->second, charge.priority);
    if (before == charge.priority) return;
    const bool hands_back = charge.priority < before;
    spdlog::log(hands_back ? spdlog::level::info : spdlog::level::warn,
                "pool {}: priority {} is in charge{}, {} of its {} backends up", pool.name(), charge.priority,
                hands_back ? " again" : "", charge.share.up, charge.share.all);
}

// Says when it begins and when it ends; with one backend there is nothing to say beside its own line.
void backend_watch::tell_panic(const upstream::pool& pool, const upstream::tier_in_charge& charge)
{
    const upstream::serving_share& share = charge.share;
    const bool panics = share.all > 1 && charge.panics;
    if (panics == panicking_.contains(pool.name())) return;
    if (panics) {
        panicking_.insert(pool.name());
        spdlog::warn("pool {}: {} of {} backends up; all are used", pool.name(), share.up, share.all);
    } else {
        panicking_.erase(pool.name());
        spdlog::info("pool {}: {} of {} backends up; only these are used", pool.name(), share.up, share.all);
    }
}

void backend_watch::note_slow(const upstream::backend& of, std::string why)
{
    const auto known = seen_.find({of.pool_name(), of.address().text});
    if (known != seen_.end()) known->second.slow = std::move(why);
}

std::vector<metrics::pool_state> backend_watch::pool_states(const pool_list& pools,
                                                            upstream::steady_time now) const
{
    std::vector<metrics::pool_state> out;
    for (const auto& pool : pools) {
        const upstream::tier_in_charge charge = pool->in_charge(now);
        out.push_back({pool->name(), charge.panics, charge.priority});
        const auto& queue = pool->queue();
        if (queue->takes_any() || queue->waiting() != 0)
            out.back().queue = std::shared_ptr<const metrics::queue_cells>(queue, &queue->cells());
    }
    return out;
}

std::vector<metrics::backend_state> backend_watch::states(const pool_list& pools,
                                                          upstream::steady_time now) const
{
    std::vector<metrics::backend_state> out;
    for (const auto& pool : pools) {
        for (const auto& each : pool->backends()) {
            metrics::backend_state one;
            one.pool = pool->name();
            one.backend = each->address().text;
            one.condition = condition_of(*each, now);
            one.connections = each->live() + each->idle();
            one.requests = each->live();
            one.weight = each->weight_now(now) / 100.0;
            one.ejections = each->ejection().count();
            one.ejections_withheld = each->ejection().withheld();
            if (const auto* report = checks_.find(*each)) one.checks = report->cells;
            one.most = each->max_connections();
            one.pending = each->pending();
            out.push_back(std::move(one));
        }
    }
    return out;
}

json::array backend_watch::describe(const pool_list& pools, const tunnel_census& tunnels,
                                    upstream::steady_time now) const
{
    std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> counts;
    for (const counted_tunnels& some : tunnels.all())
        counts[{some.pool, some.backend}] += some.count;
    json::array out;
    for (const auto& pool : pools) {
        for (const auto& each : pool->backends()) {
            const backend_name name{pool->name(), each->address().text};
            const auto known = seen_.find(name);
            const auto counted = counts.find({name.first, name.second});
            json::object one;
            one["pool"] = to_json(name.first);
            one["backend"] = to_json(name.second);
            one["state"] = to_json(label(condition_of(*each, now)));
            one["reason"] = to_json(reason_of(*each, condition_of(*each, now)));
            if (known != seen_.end()) one["since"] = to_json(known->second.since);
            one["weight"] = each->weight();
            one["configured_weight"] = each->configured_weight();
            one["priority"] = each->priority();
            one["effective_weight"] = each->weight_now(now) / 100.0;
            one["tunnels"] = counted == counts.end() ? 0 : counted->second;
            one["active"] = each->live();
            one["max_connections"] = each->max_connections();
            one["idle"] = each->idle();
            one["addresses"] = to_json(each->addresses());
            one["dead_addresses"] = to_json(each->dead_addresses());
            one["ejections"] = each->ejection().count();
            one["ejections_withheld"] = each->ejection().withheld();
            out.push_back(std::move(one));
        }
    }
    return out;
}

json::array backend_watch::describe(const pool_list& pools, upstream::steady_time now) const
{
    json::array out;
    for (const auto& pool : pools) {
        const upstream::serving_share share = upstream::count_serving(pool->backends(), now);
        const upstream::tier_in_charge charge = pool->in_charge(now);
        out.push_back({{"pool", to_json(pool->name())},
                       {"backends", share.all},
                       {"up", share.up},
                       {"panic_threshold", pool->panic_threshold()},
                       {"panics", charge.panics},
                       {"priority", charge.priority},
                       {"waiting", pool->queue()->waiting()}});
    }
    return out;
}

} // namespace fairlead::server
