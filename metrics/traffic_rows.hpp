// The rows of the metric table that are about tunnels, requests and routes.
#pragma once

#include "metrics/metric_table.hpp"

#include <array>
#include <string_view>

namespace fairlead::metrics {

inline constexpr auto traffic_rows = [] {
    using enum metric_type;
    using names = std::array<std::string_view, metric_row::max_labels>;
    constexpr names by_route{"route"};
    constexpr names by_tunnel{"route", "pool", "backend"};
    constexpr names by_http{"route", "pool"};
    return std::to_array<metric_row>({
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
        {metric::http_request_seconds, histogram, "fairlead_http_request_seconds", "seconds", by_http,
         "Time from a request head to the last byte of its response; upgrades are left out."},
        {metric::http_body_bytes,
         counter,
         "fairlead_http_body_bytes_total",
         "bytes",
         {"route", "pool", "direction"},
         "Bytes of HTTP message bodies forwarded."},
        {metric::basic_auth_requests,
         counter,
         "fairlead_basic_auth_requests_total",
         "requests",
         {"route", "pool", "result"},
         "Requests to routes that want a password, by what became of them."},
        {metric::compression_answers, counter, "fairlead_compression_answers_total", "answers", by_http,
         "Answers that the proxy compressed."},
        {metric::compression_active, gauge, "fairlead_compression_active", "answers", by_http,
         "Answers that are being compressed now."},
        {metric::compression_input_bytes, counter, "fairlead_compression_input_bytes_total", "bytes", by_http,
         "Bytes of compressed answers as they came from backends."},
        {metric::compression_output_bytes, counter, "fairlead_compression_output_bytes_total", "bytes",
         by_http, "Bytes of the same answers as they went to clients."},
        {metric::compression_skips,
         counter,
         "fairlead_compression_skips_total",
         "answers",
         {"route", "pool", "reason"},
         "Answers of routes with compression that went as they came, by reason."},
        {metric::route_connections, gauge, "fairlead_route_connections", "connections", by_route,
         "Tunnels and exchanges of the route now, over all workers."},
        {metric::route_connections_limit, gauge, "fairlead_route_connections_limit", "connections", by_route,
         "The route's max_connections; absent where there is none."},
    });
}();

} // namespace fairlead::metrics
