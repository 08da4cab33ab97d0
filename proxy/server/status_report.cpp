#include "proxy/server/status_report.hpp"

#include "proxy/log/utc_text.hpp"
#include "proxy/server/backend_health.hpp"
#include "proxy/server/credential_refresh.hpp"
#include "proxy/server/memory_budget.hpp"
#include "proxy/server/operator_drains.hpp"
#include "proxy/server/pool_rebalancing.hpp"
#include "proxy/server/reconciler.hpp"
#include "proxy/server/reload_control.hpp"
#include "proxy/server/source_report.hpp"
#include "proxy/server/status_sections.hpp"
#include "proxy/server/worker.hpp"
#include "proxy/snat/port_range.hpp"
#include "proxy/status/traffic_json.hpp"

#include <chrono>
#include <cstdint>

#include <unistd.h>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using system_clock = std::chrono::system_clock;

// What it is up follows no jump of the wall clock.
json::object describe_process(const metrics::process_stats& now, std::optional<double> started_s,
                              std::chrono::steady_clock::duration up)
{
    json::object out{{"pid", ::getpid()}};
    if (started_s) {
        const std::chrono::duration<double> since_epoch(*started_s);
        const system_clock::time_point started(std::chrono::round<system_clock::duration>(since_epoch));
        out["started"] = log::utc_text(started);
        out["uptime_seconds"] = std::chrono::round<std::chrono::seconds>(up).count();
    }
    if (now.cpu_s) out["cpu_seconds"] = *now.cpu_s;
    if (now.resident_bytes) out["resident_bytes"] = *now.resident_bytes;
    if (now.open_fds) out["descriptors_open"] = *now.open_fds;
    if (now.max_fds) out["descriptors_limit"] = *now.max_fds;
    return out;
}

json::object describe_configuration(const metrics::lifecycle& life)
{
    constexpr std::uint64_t exact_bits = 0xffff'ffff'ffff; // as the metric has it
    return {{"generation", life.config_generation},
            {"hash", life.config_hash & exact_bits},
            {"last_reload_ok", life.last_reload_ok},
            {"last_reload_at", log::utc_text(life.last_reload_at)}};
}

std::string_view word_of(const metrics::lifecycle& life)
{
    return life.draining ? "draining" : life.ready ? "ready" : "starting";
}

std::vector<const metrics::worker_shard*> shards_of(const std::vector<std::unique_ptr<worker>>& workers)
{
    std::vector<const metrics::worker_shard*> out;
    for (const auto& each : workers)
        out.push_back(&each->shard());
    return out;
}

std::vector<status::missing_backend> missing_in(const json::array& backends)
{
    const auto text = [](const json::value& from) { return std::string(from.as_string()); };
    std::vector<status::missing_backend> out;
    for (const json::value& each : backends) {
        // A drain was asked for, and is told among the drains.
        const bool is_missing =
            each.at("state").as_string() != "up" && each.at("state").as_string() != "draining";
        if (is_missing)
            out.push_back({text(each.at("pool")), text(each.at("backend")), text(each.at("state")),
                           text(each.at("reason"))});
    }
    return out;
}

std::vector<status::pool_strength> strengths_in(const json::array& pools)
{
    std::vector<status::pool_strength> out;
    for (const json::value& each : pools)
        out.push_back({std::string(each.at("pool").as_string()),
                       each.at("backends").to_number<std::uint64_t>(),
                       each.at("up").to_number<std::uint64_t>(), each.at("panics").as_bool()});
    return out;
}

} // namespace

status_report::status_report(net::asio::io_context& io, status_parts of)
    : of_(of)
    , started_s_(metrics::process_start_time_s())
    , timer_(io)
{}

void status_report::start()
{
    kernel_ports_ = conf::count_ports(conf::chosen_by_kernel(snat::read_host_ports()));
    sample();
}

void status_report::sample()
{
    fill_watch_.note(fills(), std::chrono::steady_clock::now());
    timer_.expires_after(status::source_fill_watch::interval);
    timer_.async_wait([this](const net::error_code& error) {
        if (!error) sample();
    });
}

std::vector<status::destination_fill> status_report::fills() const
{
    return status::add_up(report_sources(of_.ledger, of_.current->pools, kernel_ports_));
}

status::warning_facts status_report::facts(const json::object& health) const
{
    status::warning_facts out;
    out.life = of_.metrics.current_lifecycle();
    out.process = metrics::read_process_stats();
    out.fills = fills();
    fill_watch_.foretell(out.fills);
    out.pools = strengths_in(health.at("pools").as_array());
    out.missing = missing_in(health.at("backends").as_array());
    out.routes = route_loads(*of_.current);
    out.certificates = of_.credentials.certificates();
    out.reconciliation = of_.compared.report();
    out.memory = of_.memory.report();
    return out;
}

json::object status_report::describe() const
{
    const system_clock::time_point now = system_clock::now();
    const auto shards = shards_of(of_.workers);
    const status::traffic_census traffic(shards);
    json::object health = of_.health.describe(tunnel_census(shards)).body;
    const status::warning_facts known = facts(health);
    const auto warnings = status::warnings_of(known, now);
    json::object totals;
    put(totals, traffic.all.tunnels);
    put(totals, traffic.all.requests);
    totals["refusals"] = status::describe(traffic.refusals);

    json::object out;
    out["version"] = FAIRLEAD_VERSION;
    out["at"] = log::utc_text(now);
    out["lifecycle"] = word_of(known.life);
    out["warnings"] = json::array(warnings.begin(), warnings.end());
    out["process"] = describe_process(known.process, started_s_, std::chrono::steady_clock::now() - began_);
    out["configuration"] = describe_configuration(known.life);
    out["workers"] = describe_workers(shards);
    out["memory"] = describe_memory(known.memory, shards);
    out["bounds"] = status::describe_bounds();
    out["totals"] = std::move(totals);
    out["routes"] = describe_routes(*of_.current, traffic);
    out["pools"] = describe_pools(std::move(health.at("pools").as_array()), traffic);
    out["backends"] = describe_backends(std::move(health.at("backends").as_array()), traffic);
    out["sources"] = describe_sources(known.fills);
    out["drains"] = of_.drains.describe().body.at("drains");
    out["rebalancing"] = of_.rebalancing.describe(*of_.current).body.at("pools");
    out["reloads"] = shorten_reloads(of_.reloads.history().body.at("reloads").as_array());
    out["certificates"] = describe_certificates(known.certificates, now);
    return out;
}

} // namespace fairlead::server
