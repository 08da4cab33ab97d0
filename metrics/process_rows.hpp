// The rows of the metric table that are about clients, workers, TLS, the configuration and the process.
#pragma once

#include "metrics/metric_table.hpp"

#include <array>
#include <string_view>

namespace fairlead::metrics {

inline constexpr auto process_rows = [] {
    using enum metric_type;
    using names = std::array<std::string_view, metric_row::max_labels>;
    constexpr names none{};
    constexpr names by_reason{"reason"};
    constexpr names by_peer{"peer"};
    constexpr names by_certificate{"used_by", "certificate"};
    constexpr names by_worker{"worker"};
    constexpr names by_format{"format"};
    constexpr names by_socket{"listener", "worker"};
    return std::to_array<metric_row>({
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
        {metric::exceptions,
         counter,
         "fairlead_exceptions_total",
         "exceptions",
         {"cost"},
         "Exceptions that nobody expected, want of memory above all, by what they cost."},
        {metric::refusals, counter, "fairlead_refusals_total", "requests", by_reason,
         "Requests answered by the proxy instead of a backend, by reason."},
        {metric::proxy_protocol_headers,
         counter,
         "fairlead_proxy_protocol_headers_total",
         "connections",
         {"version"},
         "Client connections that began with a PROXY protocol header, by its version."},
        {metric::proxy_protocol_refusals, counter, "fairlead_proxy_protocol_refusals_total", "connections",
         by_reason,
         "Client connections closed because they did not begin with the PROXY protocol header they had to."},
        {metric::tls_handshakes,
         counter,
         "fairlead_tls_handshakes_total",
         "handshakes",
         {"peer", "version", "start"},
         "TLS handshakes that were done, with clients or backends."},
        {metric::tls_failures,
         counter,
         "fairlead_tls_failures_total",
         "connections",
         {"peer", "reason"},
         "TLS connections that failed, in the handshake or after it, by reason."},
        {metric::tls_handshake_seconds, histogram, "fairlead_tls_handshake_seconds", "seconds", by_peer,
         "Time of TLS handshakes that were done, from the first byte to the last."},
        {metric::tls_handshakes_under_way, gauge, "fairlead_tls_handshakes_under_way", "handshakes", by_peer,
         "TLS handshakes under way now."},
        {metric::tls_certificate_not_after, gauge, "fairlead_tls_certificate_not_after_timestamp_seconds",
         "seconds", by_certificate,
         "Unix time at which the certificate in force expires, by its listener or pool and its file."},
        {metric::tls_certificate_refused, gauge, "fairlead_tls_certificate_refused", "0 or 1", by_certificate,
         "1 while the file holds something bad, or is gone, and the certificate of before is in force."},
        {metric::tls_staple_left_out, gauge, "fairlead_tls_staple_left_out", "0 or 1", by_certificate,
         "1 while an OCSP response is there for the certificate and is not stapled, being out of date or "
         "bad."},
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
        {metric::log_lines_dropped,
         counter,
         "fairlead_log_lines_dropped_total",
         "lines",
         {"log"},
         "Lines of the access log or the process's own that were lost because its disk or reader did not "
         "take them."},
        {metric::workers, gauge, "fairlead_workers", "threads", none, "Worker threads."},
        {metric::loop_lag_seconds, histogram, "fairlead_worker_loop_lag_seconds", "seconds", by_worker,
         "How late a worker's loop came to its tick of every 100 ms."},
        {metric::accept_queue, gauge, "fairlead_listener_accept_queue", "connections", by_socket,
         "Connections that wait in the kernel for the worker to accept them."},
        {metric::accept_queue_limit, gauge, "fairlead_listener_accept_queue_limit", "connections", by_socket,
         "Connections that can wait there: socket.backlog, as far as net.core.somaxconn lets it."},
        {metric::accept_drops, counter, "fairlead_listener_accept_drops_total", "connections", by_socket,
         "Connections that the kernel dropped because that queue was full, or for want of memory."},
        {metric::ready, gauge, "fairlead_ready", "0 or 1", none, "1 while new connections are welcome."},
        {metric::draining, gauge, "fairlead_draining", "0 or 1", none,
         "1 from the signal to stop until the end."},
        {metric::admin_refusals,
         counter,
         "fairlead_admin_refusals_total",
         "requests",
         {"reason"},
         "Requests to admin listeners that were refused, and connections that were."},
        {metric::config_generation, gauge, "fairlead_config_generation", "configurations", none,
         "Number of the configuration in force; the one at start is 1."},
        {metric::config_last_reload_successful, gauge, "fairlead_config_last_reload_successful", "0 or 1",
         none,
         "1 if the last configuration loaded was applied, 0 if it was refused and the one before is in "
         "force."},
        {metric::config_last_reload_timestamp, gauge, "fairlead_config_last_reload_timestamp_seconds",
         "seconds", none, "Unix time at which a configuration was last loaded or refused."},
        {metric::config_hash, gauge, "fairlead_config_hash", "hash", none,
         "48 bits of a hash of the configuration's text in force: the same for replicas that have the same."},
        {metric::scrapes, counter, "fairlead_scrapes_total", "scrapes", by_format,
         "Answers of /metrics, by format; the one at hand is not among them."},
        {metric::scrape_seconds, histogram, "fairlead_scrape_seconds", "seconds", none,
         "Time to put an answer of /metrics together, without compressing and sending it."},
        {metric::build_info,
         gauge,
         "fairlead_build_info",
         "1",
         {"version", "compiler", "openssl"},
         "Always 1; the labels say what is running."},
        {metric::process_start_time, gauge, "process_start_time_seconds", "seconds", none,
         "Unix time at which the process started."},
        {metric::process_cpu_seconds, counter, "process_cpu_seconds_total", "seconds", none,
         "CPU time used by the process, user and system."},
        {metric::process_resident_memory, gauge, "process_resident_memory_bytes", "bytes", none,
         "Memory of the process that is in RAM; the kernel's socket buffers are not part of it."},
        {metric::process_virtual_memory, gauge, "process_virtual_memory_bytes", "bytes", none,
         "Address space of the process, most of it never touched."},
        {metric::process_open_fds, gauge, "process_open_fds", "descriptors", none, "Open file descriptors."},
        {metric::process_max_fds, gauge, "process_max_fds", "descriptors", none,
         "File descriptors the process may open (RLIMIT_NOFILE)."},
    });
}();

} // namespace fairlead::metrics
