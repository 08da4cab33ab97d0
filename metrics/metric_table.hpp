// The name, type, labels and meaning of every metric: the one place that exposition and documentation both
// follow.
//
// It holds no values. Static data, safe from any thread.
// Names follow Prometheus' rules: base units, `_total` on counters and on nothing else; `fairlead_` in front,
// but for the process_* names that every Prometheus client shares.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::metrics {

// In the order of the table and of the exposition.
enum class metric : std::uint8_t
{
    tunnels_active,
    tunnels_opened,
    tunnels_closed,
    handshake_seconds,
    lifetime_seconds,
    round_trip_seconds,
    rate_delays,
    messages,
    control_frames,
    tunnel_bytes,
    close_codes,
    http_requests,
    http_request_seconds,
    http_body_bytes,
    basic_auth_requests,
    compression_answers,
    compression_active,
    compression_input_bytes,
    compression_output_bytes,
    compression_skips,
    route_connections,
    route_connections_limit,
    pool_panic,
    discovery_members,
    discovery_last_success,
    discovery_failures,
    pool_priority,
    pool_queue_waiting,
    pool_queue_ended,
    pool_queue_seconds,
    backend_up,
    backend_state,
    backend_weight,
    backend_connections,
    backend_requests_active,
    backend_connections_limit,
    backend_connects_pending,
    backend_pending_overflows,
    backend_dials,
    backend_dial_failures,
    backend_dial_seconds,
    backend_reuses,
    backend_retries,
    backend_retries_withheld,
    backend_hedges,
    backend_hedges_withheld,
    backend_ejections,
    backend_ejections_withheld,
    backend_check_seconds,
    backend_check_failures,
    source_foreign_ports,
    source_failovers,
    sticky_diversions,
    source_tuples_in_use,
    source_tuples_set_aside,
    source_tuples_capacity,
    source_tuples_used_ratio,
    source_tuples_foreign,
    source_tuples_unknown,
    source_reconciliations,
    source_reconciliation_failures,
    source_reconciliation_seconds,
    npath_backend_up,
    npath_backend_draining,
    npath_backend_slots,
    npath_backend_failed_checks,
    npath_backend_flows,
    npath_backend_packets,
    npath_backend_bytes,
    npath_unserved_packets,
    npath_in_sync,
    npath_has_address,
    npath_writes,
    npath_write_failures,
    connections_accepted,
    connections_open,
    sessions_open,
    tunnels_open,
    accept_pauses,
    exceptions,
    refusals,
    proxy_protocol_headers,
    proxy_protocol_refusals,
    tls_handshakes,
    tls_failures,
    tls_handshake_seconds,
    tls_handshakes_under_way,
    tls_certificate_not_after,
    tls_certificate_refused,
    tls_staple_left_out,
    drain_tunnels_left,
    relay_wakes,
    relay_events,
    name_lookup_failures,
    log_lines_dropped,
    memory_bytes,
    memory_limit_bytes,
    sheds,
    workers,
    loop_lag_seconds,
    accept_queue,
    accept_queue_limit,
    accept_drops,
    ready,
    draining,
    admin_refusals,
    config_generation,
    config_last_reload_successful,
    config_last_reload_timestamp,
    config_hash,
    scrapes,
    scrape_seconds,
    build_info,
    process_start_time,
    process_cpu_seconds,
    process_resident_memory,
    process_virtual_memory,
    process_open_fds,
    process_max_fds,
    // Of /metrics/connections alone.
    connection_matches,
    connection_age,
    connection_idle,
    connection_bytes,
    connection_messages,
    connection_round_trip,
    connection_queue,
};

constexpr bool is_of_connections(metric id) noexcept { return id >= metric::connection_matches; }

enum class metric_type : std::uint8_t
{
    counter,
    gauge,
    histogram
};

// "counter", "gauge" or "histogram".
std::string_view to_string(metric_type type) noexcept;

struct metric_row
{
    static constexpr std::size_t max_labels = 6;

    metric id;
    metric_type type;
    std::string_view name;
    std::string_view unit;                           // "seconds", "bytes" or the noun that is counted
    std::array<std::string_view, max_labels> labels; // trailing ones empty
    std::string_view help;                           // one line, ends with a full stop

    std::span<const std::string_view> label_names() const noexcept;
};

// Every row, indexed by its id.
std::span<const metric_row> known_metrics() noexcept;

} // namespace fairlead::metrics
