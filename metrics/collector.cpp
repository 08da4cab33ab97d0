#include "metrics/collector.hpp"

#include "metrics/access_samples.hpp"
#include "metrics/cell_group.hpp"
#include "metrics/discovery_samples.hpp"
#include "metrics/worker_samples.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace fairlead::metrics {
namespace {

void add_frames(exposition& out, const group<worker_shard::tunnel_list::entry>& cells)
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

void add_close_codes(exposition& out, const group<worker_shard::tunnel_list::entry>& cells)
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

void add_tunnels(exposition& out, const group<worker_shard::tunnel_list::entry>& cells)
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

void add_http(exposition& out, const group<worker_shard::http_list::entry>& cells)
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

void add_hedges(exposition& out, const group<worker_shard::backend_list::entry>& cells)
{
    const auto& [pool, backend] = cells.labels();
    for (const hedge_end how : by<hedge_end, counter>::keys()) {
        const double count = cells.sum([&](const backend_cells& c) -> auto& { return c.hedges[how]; });
        if (count > 0) out.add(metric::backend_hedges, {pool, backend, label(how)}, count);
    }
    out.add(metric::backend_hedges_withheld, {pool, backend},
            cells.sum([](const backend_cells& c) -> auto& { return c.hedges_withheld; }));
}

void add_dials(exposition& out, const group<worker_shard::backend_list::entry>& cells)
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

void add_tls(exposition& out, const group<worker_shard::tls_list::entry>& cells)
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

void add_checks(exposition& out, const backend_state& of)
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

void add_backend(exposition& out, const backend_state& of)
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

void add_queue(exposition& out, const pool_state& of)
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

void add_reported(exposition& out, const scrape& parts)
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

void add_npath(exposition& out, const npath_service_state& service)
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

} // namespace

void collect(const scrape& parts, exposition& out)
{
    for_each_group(parts.shards, &worker_shard::tunnels, [&](const auto& cells) { add_tunnels(out, cells); });
    for_each_group(parts.shards, &worker_shard::https, [&](const auto& cells) { add_http(out, cells); });
    for_each_group(parts.shards, &worker_shard::backends, [&](const auto& cells) { add_dials(out, cells); });
    for_each_group(parts.shards, &worker_shard::tls_peers, [&](const auto& cells) { add_tls(out, cells); });
    // `fairlead npath` has none, and nothing to say of clients.
    if (!parts.shards.empty()) add_workers(out, parts.shards);
    for (const accept_queue_state& each : parts.accept_queues)
        add_accept_queue(out, each);
    if (parts.name_failures)
        out.add(metric::name_lookup_failures, {}, static_cast<double>(*parts.name_failures));
    if (parts.memory) add_memory(out, *parts.memory);
    add_reported(out, parts);
    out.add(metric::log_lines_dropped, {"access"}, static_cast<double>(parts.dropped.access));
    out.add(metric::log_lines_dropped, {"process"}, static_cast<double>(parts.dropped.process));
    for (const npath_service_state& each : parts.npath)
        add_npath(out, each);
}

} // namespace fairlead::metrics
