#include "metrics/collector.hpp"

#include "metrics/access_samples.hpp"
#include "metrics/cell_group.hpp"
#include "metrics/discovery_samples.hpp"
#include "metrics/family_set.hpp"
#include "metrics/process_stats.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace fairlead::metrics {
namespace {

void add_frames(family_set& out, const group<worker_shard::tunnel_list::entry>& cells)
{
    const auto& [route, pool, backend] = cells.labels();
    for (const direction to : by<direction, counter>::keys()) {
        for (const frame_kind kind : message_counters::keys()) {
            out.add(metric::messages, {route, pool, backend, label(to), label(kind)},
                    cells.sum([&](const tunnel_cells& c) -> auto& { return c.messages[to][kind]; }));
        }
        for (const frame_kind kind : control_counters::keys()) {
            out.add(metric::control_frames, {route, pool, backend, label(to), label(kind)},
                    cells.sum([&](const tunnel_cells& c) -> auto& { return c.controls[to][kind]; }));
        }
        out.add(metric::tunnel_bytes, {route, pool, backend, label(to)},
                cells.sum([&](const tunnel_cells& c) -> auto& { return c.bytes[to]; }));
    }
}

void add_close_codes(family_set& out, const group<worker_shard::tunnel_list::entry>& cells)
{
    const auto& [route, pool, backend] = cells.labels();
    for (const party sender : by<party, counter>::keys()) {
        for (const close_code_slot code : by<close_code_slot, counter>::keys()) {
            const double count =
                cells.sum([&](const tunnel_cells& c) -> auto& { return c.close_codes[sender][code]; });
            if (count > 0)
                out.add(metric::close_codes, {route, pool, backend, label(sender), label(code)}, count);
        }
    }
}

void add_tunnels(family_set& out, const group<worker_shard::tunnel_list::entry>& cells)
{
    const auto& [route, pool, backend] = cells.labels();
    double closed = 0;
    for (const party who : by<party, counter>::keys()) {
        for (const end_cause why : by<end_cause, counter>::keys()) {
            const double count =
                cells.sum([&](const tunnel_cells& c) -> auto& { return c.closed[who][why]; });
            // The common ones are there from the first; the others once they have happened.
            if (count > 0 || why == (who == party::proxy ? end_cause::drained : end_cause::close_frame))
                out.add(metric::tunnels_closed, {route, pool, backend, label(who), label(why)}, count);
            closed += count;
        }
    }
    const double opened = cells.sum([](const tunnel_cells& c) -> auto& { return c.opened; });
    out.add(metric::tunnels_opened, {route, pool, backend}, opened);
    // Closed was read first: a tunnel that opens meanwhile is one too many for a moment, never one too few.
    out.add(metric::tunnels_active, {route, pool, backend}, std::max(0.0, opened - closed));
    cells.add_histogram(out, metric::handshake_seconds, {route, pool, backend}, &tunnel_cells::handshake);
    cells.add_histogram(out, metric::lifetime_seconds, {route, pool, backend}, &tunnel_cells::lifetime);
    cells.add_used_histogram(out, metric::round_trip_seconds, {route, pool, backend, label(party::client)},
                             &tunnel_cells::client_round_trip);
    cells.add_used_histogram(out, metric::round_trip_seconds, {route, pool, backend, label(party::backend)},
                             &tunnel_cells::backend_round_trip);
    out.add(metric::rate_delays, {route, pool, backend},
            cells.sum([](const tunnel_cells& c) -> auto& { return c.delays; }));
    add_frames(out, cells);
    add_close_codes(out, cells);
}

void add_http(family_set& out, const group<worker_shard::http_list::entry>& cells)
{
    const auto& [route, pool] = cells.labels();
    for (const status_class answer : by<status_class, counter>::keys()) {
        out.add(metric::http_requests, {route, pool, label(answer)},
                cells.sum([&](const http_cells& c) -> auto& { return c.requests[answer]; }));
    }
    cells.add_histogram(out, metric::http_request_seconds, {route, pool}, &http_cells::latency);
    for (const direction to : by<direction, counter>::keys()) {
        out.add(metric::http_body_bytes, {route, pool, label(to)},
                cells.sum([&](const http_cells& c) -> auto& { return c.bytes[to]; }));
    }
    add_passwords(out, cells);
    add_compression(out, cells);
}

void add_hedges(family_set& out, const group<worker_shard::backend_list::entry>& cells)
{
    const auto& [pool, backend] = cells.labels();
    for (const hedge_end how : by<hedge_end, counter>::keys()) {
        const double count = cells.sum([&](const backend_cells& c) -> auto& { return c.hedges[how]; });
        if (count > 0) out.add(metric::backend_hedges, {pool, backend, label(how)}, count);
    }
    out.add(metric::backend_hedges_withheld, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.hedges_withheld; }));
}

void add_dials(family_set& out, const group<worker_shard::backend_list::entry>& cells)
{
    const auto& [pool, backend] = cells.labels();
    out.add(metric::backend_dials, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.dials; }));
    for (const dial_failure reason : by<dial_failure, counter>::keys()) {
        const double count =
            cells.sum([&](const backend_cells& c) -> auto& { return c.dial_failures[reason]; });
        if (count > 0) out.add(metric::backend_dial_failures, {pool, backend, label(reason)}, count);
    }
    cells.add_histogram(out, metric::backend_dial_seconds, {pool, backend}, &backend_cells::dial_seconds);
    out.add(metric::backend_reuses, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.reused; }));
    for (const retry_cause why : by<retry_cause, counter>::keys()) {
        const double count = cells.sum([&](const backend_cells& c) -> auto& { return c.retries[why]; });
        if (count > 0) out.add(metric::backend_retries, {pool, backend, label(why)}, count);
    }
    out.add(metric::backend_retries_withheld, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.retries_withheld; }));
    add_hedges(out, cells);
    out.add(metric::source_foreign_ports, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.foreign_ports; }));
    out.add(metric::source_failovers, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.source_failovers; }));
    out.add(metric::backend_pending_overflows, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.pending_overflows; }));
    out.add(metric::sticky_diversions, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.sticky_diversions; }));
}

void add_tls(family_set& out, const group<worker_shard::tls_list::entry>& cells)
{
    const auto& [peer] = cells.labels();
    for (const tls_version version : by<tls_version, counter>::keys()) {
        for (const tls_start start : by<tls_start, counter>::keys()) {
            out.add(metric::tls_handshakes, {peer, label(version), label(start)},
                    cells.sum([&](const tls_cells& c) -> auto& { return c.handshakes[version][start]; }));
        }
    }
    for (const tls_fault reason : by<tls_fault, counter>::keys()) {
        const double count = cells.sum([&](const tls_cells& c) -> auto& { return c.failures[reason]; });
        if (count > 0) out.add(metric::tls_failures, {peer, label(reason)}, count);
    }
    cells.add_histogram(out, metric::tls_handshake_seconds, {peer}, &tls_cells::handshake_seconds);
    out.add(metric::tls_handshakes_under_way, {peer},
            cells.sum([](const tls_cells& c) -> auto& { return c.under_way; }));
}

void add_workers(family_set& out, const shard_list& shards)
{
    const auto sum = [&](auto pick) {
        double total = 0;
        for (const worker_shard* shard : shards)
            total += static_cast<double>(pick(shard->own()).value());
        return total;
    };
    const auto add = [&](metric id, auto which) {
        out.add(id, {}, sum([&](const worker_cells& c) -> auto& { return c.*which; }));
    };
    add(metric::connections_accepted, &worker_cells::connections_accepted);
    add(metric::connections_open, &worker_cells::connections_open);
    add(metric::sessions_open, &worker_cells::sessions_open);
    add(metric::tunnels_open, &worker_cells::tunnels_open);
    add(metric::accept_pauses, &worker_cells::accept_pauses);
    add(metric::relay_wakes, &worker_cells::relay_wakes);
    add(metric::relay_events, &worker_cells::relay_events);
    for (const refusal reason : by<refusal, counter>::keys()) {
        const double count = sum([&](const worker_cells& c) -> auto& { return c.refusals[reason]; });
        if (count > 0) out.add(metric::refusals, {label(reason)}, count);
    }
    for (const proxy_protocol_version version : by<proxy_protocol_version, counter>::keys()) {
        const double count =
            sum([&](const worker_cells& c) -> auto& { return c.proxy_protocol_headers[version]; });
        if (count > 0) out.add(metric::proxy_protocol_headers, {label(version)}, count);
    }
    for (const proxy_protocol_fault reason : by<proxy_protocol_fault, counter>::keys()) {
        const double count =
            sum([&](const worker_cells& c) -> auto& { return c.proxy_protocol_refusals[reason]; });
        if (count > 0) out.add(metric::proxy_protocol_refusals, {label(reason)}, count);
    }
    for (const drain_kind kind : by<drain_kind, gauge>::keys()) {
        out.add(metric::drain_tunnels_left, {label(kind)},
                sum([&](const worker_cells& c) -> auto& { return c.drain_left[kind]; }));
    }
    out.add(metric::workers, {}, static_cast<double>(shards.size()));
}

void add_checks(family_set& out, const backend_state& of)
{
    using entry = labelled_cells<check_cells, 2>::entry;
    const entry only{{of.pool, of.backend}, of.checks.get()};
    const group<entry> cells{{&only, 1}};
    cells.add_histogram(out, metric::backend_check_seconds, {of.pool, of.backend}, &check_cells::seconds);
    for (const check_failure reason : by<check_failure, counter>::keys()) {
        const double count = static_cast<double>(of.checks->failures[reason].value());
        if (count > 0) out.add(metric::backend_check_failures, {of.pool, of.backend, label(reason)}, count);
    }
}

void add_backend(family_set& out, const backend_state& of)
{
    const auto add = [&](metric id, double value) { out.add(id, {of.pool, of.backend}, value); };
    add(metric::backend_up, of.condition == backend_condition::up ? 1 : 0);
    for (const backend_condition each : by<backend_condition, counter>::keys())
        out.add(metric::backend_state, {of.pool, of.backend, label(each)}, each == of.condition ? 1 : 0);
    add(metric::backend_weight, of.weight);
    add(metric::backend_connections, static_cast<double>(of.connections));
    add(metric::backend_requests_active, static_cast<double>(of.requests));
    if (of.most != 0) add(metric::backend_connections_limit, static_cast<double>(of.most));
    add(metric::backend_connects_pending, static_cast<double>(of.pending));
    add(metric::backend_ejections, static_cast<double>(of.ejections));
    add(metric::backend_ejections_withheld, static_cast<double>(of.ejections_withheld));
    if (of.checks) add_checks(out, of);
}

void add_queue(family_set& out, const pool_state& of)
{
    using entry = labelled_cells<queue_cells, 1>::entry;
    const entry only{{of.pool}, of.queue.get()};
    const group<entry> cells{{&only, 1}};
    out.add(metric::pool_queue_waiting, {of.pool}, static_cast<double>(of.queue->waiting.value()));
    for (const queue_end how : by<queue_end, counter>::keys())
        out.add(metric::pool_queue_ended, {of.pool, label(how)},
                static_cast<double>(of.queue->ended[how].value()));
    cells.add_histogram(out, metric::pool_queue_seconds, {of.pool}, &queue_cells::seconds);
}

void add_reported(family_set& out, const scrape& parts)
{
    for (const source_usage& each : parts.sources) {
        out.add(metric::source_tuples_in_use, {each.pool, each.source, each.destination},
                static_cast<double>(each.in_use));
        out.add(metric::source_tuples_set_aside, {each.pool, each.source, each.destination},
                static_cast<double>(each.set_aside));
        out.add(metric::source_tuples_capacity, {each.pool, each.source, each.destination},
                static_cast<double>(each.capacity));
        out.add(metric::source_tuples_foreign, {each.pool, each.source, each.destination},
                static_cast<double>(each.foreign));
        if (each.capacity != 0) {
            out.add(metric::source_tuples_used_ratio, {each.pool, each.source, each.destination},
                    static_cast<double>(each.in_use + each.set_aside) / static_cast<double>(each.capacity));
        }
    }
    const auto& compared = parts.reconciliation;
    out.add(metric::source_tuples_unknown, {}, static_cast<double>(compared.unknown));
    out.add(metric::source_reconciliations, {}, static_cast<double>(compared.comparisons));
    out.add(metric::source_reconciliation_failures, {}, static_cast<double>(compared.failures));
    out.add(metric::source_reconciliation_seconds, {}, compared.seconds);
    for (const backend_state& each : parts.backends)
        add_backend(out, each);
    for (const pool_state& each : parts.pools) {
        out.add(metric::pool_panic, {each.pool}, each.panics ? 1 : 0);
        out.add(metric::pool_priority, {each.pool}, static_cast<double>(each.priority));
        if (each.queue) add_queue(out, each);
    }
    if (parts.admin) add_admin(out, *parts.admin);
    for (const discovery_state& each : parts.discoveries)
        add_discovery(out, each);
    for (const route_load& each : parts.routes) {
        out.add(metric::route_connections, {each.route}, static_cast<double>(each.live));
        if (each.most != 0)
            out.add(metric::route_connections_limit, {each.route}, static_cast<double>(each.most));
    }
    for (const certificate_state& each : parts.certificates) {
        const std::chrono::duration<double> end_s = each.not_after.time_since_epoch();
        out.add(metric::tls_certificate_not_after, {each.used_by, each.certificate}, end_s.count());
        out.add(metric::tls_certificate_refused, {each.used_by, each.certificate}, each.is_refused ? 1 : 0);
        out.add(metric::tls_staple_left_out, {each.used_by, each.certificate},
                each.is_staple_left_out ? 1 : 0);
    }
}

void add_npath(family_set& out, const npath_service_state& service)
{
    const auto add = [&](metric id, std::uint64_t value) {
        out.add(id, {service.service}, static_cast<double>(value));
    };
    add(metric::npath_unserved_packets, service.unserved_packets);
    add(metric::npath_in_sync, service.in_sync ? 1 : 0);
    add(metric::npath_has_address, service.has_address ? 1 : 0);
    add(metric::npath_writes, service.writes);
    add(metric::npath_write_failures, service.write_failures);
    for (const npath_backend_state& each : service.backends) {
        const auto add_backend = [&](metric id, std::uint64_t value) {
            out.add(id, {service.service, each.backend}, static_cast<double>(value));
        };
        add_backend(metric::npath_backend_up, each.up ? 1 : 0);
        add_backend(metric::npath_backend_draining, each.draining ? 1 : 0);
        add_backend(metric::npath_backend_slots, each.slots);
        add_backend(metric::npath_backend_failed_checks, each.failed_checks);
        add_backend(metric::npath_backend_flows, each.flows);
        add_backend(metric::npath_backend_packets, each.packets);
        add_backend(metric::npath_backend_bytes, each.bytes);
    }
}

void add_lifecycle(family_set& out, const lifecycle& life)
{
    const std::chrono::duration<double> reloaded_s = life.last_reload_at.time_since_epoch();
    out.add(metric::ready, {}, life.ready ? 1 : 0);
    out.add(metric::draining, {}, life.draining ? 1 : 0);
    out.add(metric::config_generation, {}, static_cast<double>(life.config_generation));
    out.add(metric::config_last_reload_successful, {}, life.last_reload_ok ? 1 : 0);
    out.add(metric::config_last_reload_timestamp, {}, reloaded_s.count());
}

void add_process(family_set& out, const scrape& parts)
{
    out.add(metric::log_lines_dropped, {"access"}, static_cast<double>(parts.dropped.access));
    out.add(metric::log_lines_dropped, {"process"}, static_cast<double>(parts.dropped.process));
#ifdef __clang__
    constexpr std::string_view compiler = __VERSION__;
#else
    constexpr std::string_view compiler = "GCC " __VERSION__;
#endif
    out.add(metric::build_info, {parts.version, compiler}, 1);

    const process_stats now = read_process_stats();
    const auto add = [&](metric id, const auto& value) {
        if (value) out.add(id, {}, static_cast<double>(*value));
    };
    add(metric::process_start_time, parts.start_time_s);
    add(metric::process_cpu_seconds, now.cpu_s);
    add(metric::process_resident_memory, now.resident_bytes);
    add(metric::process_open_fds, now.open_fds);
    add(metric::process_max_fds, now.max_fds);
}

} // namespace

collector::collector(scrape parts)
    : parts_{std::move(parts)}
{}

std::vector<prometheus::MetricFamily> collector::Collect() const
{
    family_set out;
    for_each_group(parts_.shards, &worker_shard::tunnels,
                   [&](const auto& cells) { add_tunnels(out, cells); });
    for_each_group(parts_.shards, &worker_shard::https, [&](const auto& cells) { add_http(out, cells); });
    for_each_group(parts_.shards, &worker_shard::backends, [&](const auto& cells) { add_dials(out, cells); });
    for_each_group(parts_.shards, &worker_shard::tls_peers, [&](const auto& cells) { add_tls(out, cells); });
    // `fairlead npath` has none, and nothing to say of clients.
    if (!parts_.shards.empty()) add_workers(out, parts_.shards);
    add_reported(out, parts_);
    for (const npath_service_state& each : parts_.npath)
        add_npath(out, each);
    add_lifecycle(out, parts_.life);
    add_process(out, parts_);
    return out.take();
}

} // namespace fairlead::metrics
