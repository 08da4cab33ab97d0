// The rows of the metric table that are about single connections: of /metrics/connections alone.
#pragma once

#include "metrics/metric_table.hpp"

#include <array>
#include <string_view>

namespace fairlead::metrics {

inline constexpr auto connection_rows = [] {
    using enum metric_type;
    using names = std::array<std::string_view, metric_row::max_labels>;
    constexpr names none{};
    constexpr names by_connection{"id", "route", "pool", "backend", "client"};
    constexpr names by_direction{"id", "route", "pool", "backend", "client", "direction"};
    constexpr names by_side{"id", "route", "pool", "backend", "client", "to"};
    return std::to_array<metric_row>({
        {metric::connection_matches, gauge, "fairlead_connection_matches", "connections", none,
         "Connections that the query fits; those beyond its top are not among the others."},
        {metric::connection_age, gauge, "fairlead_connection_age_seconds", "seconds", by_connection,
         "Time since the 101 of the connection."},
        {metric::connection_idle, gauge, "fairlead_connection_idle_seconds", "seconds", by_connection,
         "Time since its last data, either way."},
        {metric::connection_bytes, counter, "fairlead_connection_bytes_total", "bytes", by_direction,
         "Bytes of the connection that the proxy read, frame headers included."},
        {metric::connection_messages, counter, "fairlead_connection_messages_total", "messages", by_direction,
         "Whole messages of the connection."},
        {metric::connection_round_trip, gauge, "fairlead_connection_round_trip_seconds", "seconds", by_side,
         "The last round trip by a ping of the proxy's own, else by TCP; absent where neither is known."},
        {metric::connection_queue, gauge, "fairlead_connection_queue_bytes", "bytes", by_side,
         "Bytes for that side that it has not acknowledged: in the proxy and in the kernel."},
    });
}();

} // namespace fairlead::metrics
