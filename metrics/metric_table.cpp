#include "metrics/metric_table.hpp"

#include <algorithm>

namespace fairlead::metrics {
namespace {

using enum metric_type;
using names = std::array<std::string_view, metric_row::max_labels>;

constexpr names none{};
constexpr names by_route{"route"};
constexpr names by_backend{"pool", "backend"};
constexpr names by_tunnel{"route", "pool", "backend"};
constexpr names by_source{"pool", "source", "destination"};
constexpr names by_service{"service"};
constexpr names by_service_backend{"service", "backend"};

constexpr auto rows = std::to_array<metric_row>({
    {metric::tunnels_active, gauge, "fairlead_websocket_tunnels_active", "tunnels", by_tunnel,
     "WebSocket tunnels now open: opened less closed."},
    {metric::tunnels_opened, counter, "fairlead_websocket_tunnels_opened_total", "tunnels", by_tunnel,
     "WebSocket tunnels opened: a verified 101 was sent to the client."},
    {metric::tunnels_closed,
     counter,
     "fairlead_websocket_tunnels_closed_total",
     "tunnels",
     {"route", "pool", "backend", "closed_by", "cause"},
     "WebSocket tunnels closed, by who began the end (client, backend or proxy) and why."},
    {metric::handshake_seconds, histogram, "fairlead_websocket_handshake_seconds", "seconds", by_tunnel,
     "Time from a complete upgrade request to the 101 sent to the client."},
    {metric::lifetime_seconds, histogram, "fairlead_websocket_lifetime_seconds", "seconds", by_tunnel,
     "Life of closed WebSocket tunnels, from the 101 to the end."},
    {metric::round_trip_seconds,
     histogram,
     "fairlead_websocket_round_trip_seconds",
     "seconds",
     {"route", "pool", "backend", "to"},
     "Time from a ping of the proxy's own to the pong, by the side that was pinged: client or backend."},
    {metric::rate_delays, counter, "fairlead_websocket_rate_delays_total", "reads", by_tunnel,
     "Times reading from a client waited because of message_rate or byte_rate."},
    {metric::messages,
     counter,
     "fairlead_websocket_messages_total",
     "messages",
     {"route", "pool", "backend", "direction", "kind"},
     "Whole WebSocket messages relayed, counted live when the last frame ends; kind is text or binary."},
    {metric::control_frames,
     counter,
     "fairlead_websocket_control_frames_total",
     "frames",
     {"route", "pool", "backend", "direction", "kind"},
     "WebSocket control frames relayed; kind is ping, pong or close."},
    {metric::tunnel_bytes,
     counter,
     "fairlead_websocket_bytes_total",
     "bytes",
     {"route", "pool", "backend", "direction"},
     "Bytes relayed through WebSocket tunnels, frame headers included, counted live."},
    {metric::close_codes,
     counter,
     "fairlead_websocket_close_codes_total",
     "closes",
     {"route", "pool", "backend", "sent_by", "code"},
     "Status of Close frames by sender: a code or its range, none for an empty Close, abnormal for no "
     "Close."},
    {metric::http_requests,
     counter,
     "fairlead_http_requests_total",
     "requests",
     {"route", "pool", "class"},
     "HTTP requests answered, by the class of the status the client got; an upgrade is a 1xx."},
    {metric::http_request_seconds,
     histogram,
     "fairlead_http_request_seconds",
     "seconds",
     {"route", "pool"},
     "Time from a request head to the last byte of its response; upgrades are left out."},
    {metric::http_body_bytes,
     counter,
     "fairlead_http_body_bytes_total",
     "bytes",
     {"route", "pool", "direction"},
     "Bytes of HTTP message bodies forwarded."},
    {metric::route_connections, gauge, "fairlead_route_connections", "connections", by_route,
     "Tunnels and exchanges of the route now, over all workers."},
    {metric::route_connections_limit, gauge, "fairlead_route_connections_limit", "connections", by_route,
     "The route's max_connections; absent where there is none."},
    {metric::backend_up, gauge, "fairlead_backend_up", "0 or 1", by_backend,
     "1 while the backend may be chosen, 0 while it is left alone."},
    {metric::backend_connections, gauge, "fairlead_backend_connections", "connections", by_backend,
     "Connections now open to the backend, idle ones included."},
    {metric::backend_requests_active, gauge, "fairlead_backend_requests_active", "requests", by_backend,
     "Exchanges and tunnels the backend serves now."},
    {metric::backend_dials, counter, "fairlead_backend_dials_total", "dials", by_backend,
     "Connections to the backend begun."},
    {metric::backend_dial_failures,
     counter,
     "fairlead_backend_dial_failures_total",
     "dials",
     {"pool", "backend", "reason"},
     "Connections to the backend that failed, by reason."},
    {metric::backend_dial_seconds, histogram, "fairlead_backend_dial_seconds", "seconds", by_backend,
     "Time to establish a connection to the backend."},
    {metric::backend_reuses, counter, "fairlead_backend_connections_reused_total", "requests", by_backend,
     "Requests sent on an idle connection that was kept."},
    {metric::backend_retries, counter, "fairlead_backend_retries_total", "requests", by_backend,
     "Requests sent again because this backend failed before it could have seen them."},
    {metric::source_foreign_ports, counter, "fairlead_source_foreign_ports_total", "ports", by_backend,
     "Source ports found in use by others while dialling the backend, and set aside for a minute."},
    {metric::source_failovers, counter, "fairlead_source_failovers_total", "dials", by_backend,
     "Times a dial to the backend went on from another source address."},
    {metric::source_tuples_in_use, gauge, "fairlead_source_tuples_in_use", "connections", by_source,
     "Connections from the source address to the destination now."},
    {metric::source_tuples_set_aside, gauge, "fairlead_source_tuples_set_aside", "connections", by_source,
     "Connections that cannot be opened yet: the port is in use by others, or the kernel keeps it."},
    {metric::source_tuples_capacity, gauge, "fairlead_source_tuples_capacity", "connections", by_source,
     "Connections the source address can have to the destination: the local ports it may use."},
    {metric::source_tuples_used_ratio, gauge, "fairlead_source_tuples_used_ratio", "ratio", by_source,
     "Share of the capacity that is in use or set aside, 0 to 1."},
    {metric::source_tuples_foreign, gauge, "fairlead_source_tuples_foreign", "connections", by_source,
     "Of those set aside: connections that cannot be opened because others use the port."},
    {metric::source_tuples_unknown, gauge, "fairlead_source_tuples_unknown", "connections", none,
     "Connections that are counted and that the kernel does not know: 0 unless the proxy has a defect."},
    {metric::source_reconciliations, counter, "fairlead_source_reconciliations_total", "comparisons", none,
     "Times the source ports in use were compared with the kernel's sockets."},
    {metric::source_reconciliation_failures, counter, "fairlead_source_reconciliation_failures_total",
     "comparisons", none, "Times that the kernel did not list its sockets for it."},
    {metric::source_reconciliation_seconds, gauge, "fairlead_source_reconciliation_seconds", "seconds", none,
     "Time the last comparison took, on a thread of its own."},
    {metric::npath_backend_up, gauge, "fairlead_npath_backend_up", "0 or 1", by_service_backend,
     "1 while the backend's checks pass, 0 while it is draining, down or not checked yet."},
    {metric::npath_backend_draining, gauge, "fairlead_npath_backend_draining", "0 or 1", by_service_backend,
     "1 while the backend asks by 503 to get no new connections."},
    {metric::npath_backend_slots, gauge, "fairlead_npath_backend_slots", "slots", by_service_backend,
     "Slots of the service that send new connections to the backend, as they are in the kernel."},
    {metric::npath_backend_failed_checks, counter, "fairlead_npath_backend_failed_checks_total", "checks",
     by_service_backend, "Checks of the backend that failed; a 503 is none of them."},
    {metric::npath_backend_flows, counter, "fairlead_npath_backend_flows_total", "connections",
     by_service_backend, "New connections forwarded to the backend: SYNs, with those sent again."},
    {metric::npath_backend_packets, counter, "fairlead_npath_backend_packets_total", "packets",
     by_service_backend, "Packets forwarded to the backend; counted by the kernel, read every 5 s."},
    {metric::npath_backend_bytes, counter, "fairlead_npath_backend_bytes_total", "bytes", by_service_backend,
     "Bytes of those packets."},
    {metric::npath_unserved_packets, counter, "fairlead_npath_unserved_packets_total", "packets", by_service,
     "Packets that found no backend; this machine answered them with a RST."},
    {metric::npath_in_sync, gauge, "fairlead_npath_in_sync", "0 or 1", by_service,
     "1 while the kernel forwards as the checks and the configuration want it."},
    {metric::npath_has_address, gauge, "fairlead_npath_has_address", "0 or 1", by_service,
     "1 while the service's interface has its address: this machine is the active director."},
    {metric::npath_writes, counter, "fairlead_npath_writes_total", "writes", by_service,
     "Changes written to the kernel."},
    {metric::npath_write_failures, counter, "fairlead_npath_write_failures_total", "writes", by_service,
     "Changes that the kernel or nft refused; what was there stayed."},
    {metric::connections_accepted, counter, "fairlead_connections_accepted_total", "connections", none,
     "Client connections accepted."},
    {metric::connections_open, gauge, "fairlead_connections_open", "connections", none,
     "Client connections now open, sessions and tunnels."},
    {metric::sessions_open, gauge, "fairlead_sessions_open", "sessions", none,
     "Client connections that speak HTTP now."},
    {metric::tunnels_open, gauge, "fairlead_tunnels_open", "tunnels", none,
     "Tunnels now open, of WebSocket and of any other upgraded protocol."},
    {metric::accept_pauses, counter, "fairlead_accept_pauses_total", "pauses", none,
     "Times accepting stopped for a while for want of descriptors or memory."},
    {metric::refusals,
     counter,
     "fairlead_refusals_total",
     "requests",
     {"reason"},
     "Requests answered by the proxy instead of a backend, by reason."},
    {metric::proxy_protocol_headers,
     counter,
     "fairlead_proxy_protocol_headers_total",
     "connections",
     {"version"},
     "Client connections that began with a PROXY protocol header, by its version."},
    {metric::proxy_protocol_refusals,
     counter,
     "fairlead_proxy_protocol_refusals_total",
     "connections",
     {"reason"},
     "Client connections closed because they did not begin with the PROXY protocol header they had to."},
    {metric::drain_tunnels_left,
     gauge,
     "fairlead_drain_tunnels_left",
     "tunnels",
     {"kind"},
     "Tunnels that a drain under way has still to tell to leave, by what is drained."},
    {metric::relay_wakes, counter, "fairlead_relay_wakes_total", "wakes", none,
     "Times the relay woke with events to serve."},
    {metric::relay_events, counter, "fairlead_relay_events_total", "events", none,
     "Socket events the relay served."},
    {metric::log_lines_dropped, counter, "fairlead_log_lines_dropped_total", "lines", none,
     "Log lines dropped because the log could not take them."},
    {metric::workers, gauge, "fairlead_workers", "threads", none, "Worker threads."},
    {metric::ready, gauge, "fairlead_ready", "0 or 1", none, "1 while new connections are welcome."},
    {metric::draining, gauge, "fairlead_draining", "0 or 1", none,
     "1 from the signal to stop until the end."},
    {metric::config_generation, gauge, "fairlead_config_generation", "configurations", none,
     "Number of the configuration in force; the one at start is 1."},
    {metric::config_last_reload_successful, gauge, "fairlead_config_last_reload_successful", "0 or 1", none,
     "1 if the last configuration loaded was applied, 0 if it was refused and the one before is in force."},
    {metric::config_last_reload_timestamp, gauge, "fairlead_config_last_reload_timestamp_seconds", "seconds",
     none, "Unix time at which a configuration was last loaded or refused."},
    {metric::build_info,
     gauge,
     "fairlead_build_info",
     "1",
     {"version", "compiler"},
     "Always 1; the labels say what is running."},
    {metric::process_start_time, gauge, "process_start_time_seconds", "seconds", none,
     "Unix time at which the process started."},
    {metric::process_cpu_seconds, counter, "process_cpu_seconds_total", "seconds", none,
     "CPU time used by the process, user and system."},
    {metric::process_resident_memory, gauge, "process_resident_memory_bytes", "bytes", none,
     "Memory of the process that is in RAM; the kernel's socket buffers are not part of it."},
    {metric::process_open_fds, gauge, "process_open_fds", "descriptors", none, "Open file descriptors."},
    {metric::process_max_fds, gauge, "process_max_fds", "descriptors", none,
     "File descriptors the process may open (RLIMIT_NOFILE)."},
});

constexpr bool ids_are_indices()
{
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].id) != i) return false;
    }
    return rows.size() == static_cast<std::size_t>(metric::process_max_fds) + 1;
}
static_assert(ids_are_indices());

} // namespace

std::string_view to_string(metric_type type) noexcept
{
    switch (type) {
    case metric_type::counter: return "counter";
    case metric_type::gauge: return "gauge";
    case metric_type::histogram: return "histogram";
    }
    return {};
}

std::span<const std::string_view> metric_row::label_names() const noexcept
{
    return {labels.begin(), std::ranges::find(labels, std::string_view{})};
}

std::span<const metric_row> known_metrics() noexcept { return rows; }

} // namespace fairlead::metrics
