#!/usr/bin/env python3
"""Writes dashboards/fairlead.json, the same from the same rows: deploy/grafana/make_dashboard.py [FILE]

A row is a title and its panels: (kind, title, unit, width, [(query, legend), ...], what it tells). @i, @r, @b and @p in
a query stand for SELECTORS, which the dashboard's variables fill.
"""
import json
import os
import sys

SELECTORS = {
    "@i": 'instance=~"$instance"',
    "@r": 'instance=~"$instance", route=~"$route"',
    "@b": 'instance=~"$instance", route=~"$route", pool=~"$pool"',
    "@p": 'instance=~"$instance", pool=~"$pool"',
}
WS = "fairlead_websocket_"


def per_second(name, selector, by):
    return f"sum by ({by}) (rate({name}{{{selector}}}[$__rate_interval]))"


def quantile(q, name, selector, by):
    return f"histogram_quantile({q}, {per_second(name + '_bucket', selector, f'{by}, le')})"


def quantiles(name, selector, by, legend):
    return [(quantile(q, name, selector, by), f"{legend} p{round(q * 100)}") for q in (0.5, 0.99)]


OVERVIEW = [
    ("stat", "Ready", "short", 3, [("sum(fairlead_ready{@i})", "")],
     "Processes that welcome new connections."),
    ("stat", "Tunnels", "short", 3, [("sum(fairlead_tunnels_open{@i})", "")],
     "Open now, of WebSocket and of other upgraded protocols."),
    ("stat", "Upgrades", "ops", 3, [("sum(rate(" + WS + "tunnels_opened_total{@b}[$__rate_interval]))", "")],
     "Tunnels opened in a second."),
    ("stat", "Messages", "ops", 3, [("sum(rate(" + WS + "messages_total{@b}[$__rate_interval]))", "")],
     "Whole messages relayed in a second, both ways."),
    ("stat", "Requests", "reqps", 3, [("sum(rate(fairlead_http_requests_total{@b}[$__rate_interval]))", "")],
     "HTTP requests answered in a second."),
    ("stat", "Refused", "ops", 3, [("sum(rate(fairlead_refusals_total{@i}[$__rate_interval])) or vector(0)", "")],
     "Requests that the proxy answered instead of a backend."),
    ("stat", "Backends left alone", "short", 3, [("count(fairlead_backend_up{@p} == 0) or vector(0)", "")],
     "Down, ejected, backing off or draining."),
    ("stat", "Fullest source", "percentunit", 3, [("max(fairlead_source_tuples_used_ratio{@p})", "")],
     "Of all sources and destinations, the one with the fewest free ports."),
]  # fmt: skip

TUNNELS = [
    ("lines", "Tunnels by route", "short", 8, [(f"sum by (route) ({WS}tunnels_active{{@b}})", "{{route}}")],
     "WebSocket tunnels now open."),
    ("lines", "Tunnels by backend", "short", 8,
     [(f"sum by (pool, backend) ({WS}tunnels_active{{@b}})", "{{pool}} {{backend}}")],
     "How evenly the pools are filled: fairlead rebalance evens them."),
    ("lines", "Opened and closed", "ops", 8,
     [(per_second(WS + "tunnels_opened_total", "@b", "route"), "{{route}} opened"),
      (per_second(WS + "tunnels_closed_total", "@b", "route"), "{{route}} closed")],
     "In a second. Both high together: clients reconnect in a loop."),
    ("lines", "Messages", "ops", 8,
     [(per_second(WS + "messages_total", "@b", "route, direction"), "{{route}} {{direction}}")],
     "Whole messages relayed in a second, counted while the tunnel is open."),
    ("lines", "Bytes", "Bps", 8,
     [(per_second(WS + "bytes_total", "@b", "route, direction"), "{{route}} {{direction}}")],
     "Frame headers included, counted while the tunnel is open."),
    ("lines", "Control frames", "ops", 8,
     [(per_second(WS + "control_frames_total", "@b", "direction, kind"), "{{kind}} {{direction}}")],
     "Pings, pongs and Close frames that were relayed."),
    ("lines", "Close codes", "ops", 8,
     [(per_second(WS + "close_codes_total", "@b", "sent_by, code"), "{{code}} by {{sent_by}}")],
     "In a second; abnormal is a connection that ended without a Close."),
    ("lines", "Who ends tunnels, and why", "ops", 8,
     [(per_second(WS + "tunnels_closed_total", "@b", "closed_by, cause") + " > 0", "{{closed_by}} {{cause}}")],
     "In a second."),
    ("lines", "Share of a route's max_connections", "percentunit", 8,
     [("fairlead_route_connections{@r} / fairlead_route_connections_limit{@r}", "{{instance}} {{route}}")],
     "At 1 clients get a 503."),
    ("lines", "Handshake", "s", 8, quantiles(WS + "handshake_seconds", "@b", "route", "{{route}}"),
     "From a complete upgrade request to the 101."),
    ("lines", "Lifetime", "s", 8, quantiles(WS + "lifetime_seconds", "@b", "route", "{{route}}"),
     "Of tunnels that have closed."),
    ("lines", "Round trips", "s", 8, quantiles(WS + "round_trip_seconds", "@b", "route, to", "{{route}} {{to}}"),
     "From a ping of the proxy's own (ping_every) to the pong, by the side that was pinged."),
]  # fmt: skip

SOURCES = [
    ("bars", "Fill", "percentunit", 8,
     [("max by (pool, source, destination) (fairlead_source_tuples_used_ratio{@p})",
       "{{pool}}: {{source}} to {{destination}}")],
     "Ports in use or set aside, of those that the source may use."),
    ("lines", "Ports in use", "short", 8,
     [("sum by (pool, destination) (fairlead_source_tuples_in_use{@p})", "{{pool}} to {{destination}}"),
      ("sum by (pool, destination) (fairlead_source_tuples_capacity{@p})", "{{pool}} to {{destination}} capacity")],
     "When every source of a pool is full, clients get a 503."),
    ("lines", "Predicted time to full", "s", 8,
     [("max by (pool, destination) ((1 - fairlead_source_tuples_used_ratio{@p})"
       " / (deriv(fairlead_source_tuples_used_ratio{@p}[30m]) > 0))", "{{pool}} to {{destination}}")],
     "At the growth of the last 30 minutes; nothing where there is none."),
    ("lines", "Set aside and foreign", "short", 8,
     [("sum by (pool, destination) (fairlead_source_tuples_set_aside{@p})", "{{pool}} to {{destination}} set aside"),
      ("sum by (pool, destination) (fairlead_source_tuples_foreign{@p})", "{{pool}} to {{destination}} foreign")],
     "Foreign: another program uses the port."),
    ("lines", "Failovers", "ops", 8,
     [(per_second("fairlead_source_failovers_total", "@p", "pool"), "{{pool}} other source"),
      (per_second("fairlead_source_foreign_ports_total", "@p", "pool"), "{{pool}} port met in use")],
     "Dials that went on from another source, and ports found in use by others."),
    ("lines", "Comparison with the kernel", "s", 8,
     [("max by (instance) (fairlead_source_reconciliation_seconds{@i})", "{{instance}} took"),
      ("max by (instance) (fairlead_source_tuples_unknown{@i})", "{{instance}} unknown")],
     "Unknown has to be 0: connections that are counted and that the kernel does not know."),
]  # fmt: skip

BACKENDS = [
    ("states", "State", "short", 12, [("min by (pool, backend) (fairlead_backend_up{@p})", "{{pool}} {{backend}}")],
     "1 while the backend may be chosen; fairlead backends says why it is not."),
    ("lines", "Exchanges and tunnels", "short", 12,
     [("sum by (pool, backend) (fairlead_backend_requests_active{@p})", "{{pool}} {{backend}}"),
      ("sum by (pool, backend) (fairlead_backend_connections_limit{@p})", "{{pool}} {{backend}} limit")],
     "What each backend serves now, and its max_connections where it has one."),
    ("lines", "Dials", "s", 8, quantiles("fairlead_backend_dial_seconds", "@p", "pool", "{{pool}}"),
     "Time to establish a connection."),
    ("lines", "Dials that failed", "ops", 8,
     [(per_second("fairlead_backend_dial_failures_total", "@p", "pool, backend, reason"),
       "{{pool}} {{backend}} {{reason}}")],
     "In a second, by reason."),
    ("lines", "Checks that failed", "ops", 8,
     [(per_second("fairlead_backend_check_failures_total", "@p", "pool, backend, reason"),
       "{{pool}} {{backend}} {{reason}}")],
     "In a second, by reason."),
    ("lines", "Checks", "s", 8, quantiles("fairlead_backend_check_seconds", "@p", "pool", "{{pool}}"),
     "Time a check took, whatever came of it."),
    ("lines", "Sent again, asked twice, ejected", "ops", 8,
     [(per_second("fairlead_backend_retries_total", "@p", "pool, reason"), "{{pool}} retry {{reason}}"),
      (per_second("fairlead_backend_hedges_total", "@p", "pool, how"), "{{pool}} hedge {{how}}"),
      (per_second("fairlead_backend_ejections_total", "@p", "pool"), "{{pool}} ejection")],
     "In a second."),
    ("lines", "Connections reused", "percentunit", 8,
     [(per_second("fairlead_backend_connections_reused_total", "@p", "pool") + " / ("
       + per_second("fairlead_backend_connections_reused_total", "@p", "pool") + " + "
       + per_second("fairlead_backend_dials_total", "@p", "pool") + ")", "{{pool}}")],
     "Share of requests that went over a connection that was kept."),
    ("lines", "Queue", "short", 8,
     [("sum by (pool) (fairlead_pool_queue_waiting{@p})", "{{pool}} waiting")],
     "Requests that wait until a backend has room."),
    ("lines", "Time in the queue", "s", 8, quantiles("fairlead_pool_queue_seconds", "@p", "pool", "{{pool}}"),
     "However it ended."),
    ("lines", "Members found", "short", 8,
     [("max by (pool) (fairlead_discovery_members{@p})", "{{pool}}"),
      ("time() - max by (pool) (fairlead_discovery_last_success_timestamp_seconds{@p})", "{{pool}} seconds ago")],
     "By discover, and how long ago it last found all."),
]  # fmt: skip

HTTP = [
    ("lines", "Requests", "reqps", 8,
     [(per_second("fairlead_http_requests_total", "@b", "route, class"), "{{route}} {{class}}")],
     "Answered in a second, by the class of the status."),
    ("lines", "Time", "s", 8, quantiles("fairlead_http_request_seconds", "@b", "route", "{{route}}"),
     "From a request's head to the last byte of its response; upgrades are left out."),
    ("lines", "Bodies", "Bps", 8,
     [(per_second("fairlead_http_body_bytes_total", "@b", "route, direction"), "{{route}} {{direction}}")],
     "Bytes of bodies forwarded in a second."),
    ("lines", "Refusals", "ops", 8, [(per_second("fairlead_refusals_total", "@i", "reason"), "{{reason}}")],
     "Requests that the proxy answered instead of a backend: docs/operations.md says what each reason means."),
    ("lines", "Compression", "percentunit", 8,
     [(per_second("fairlead_compression_output_bytes_total", "@b", "route") + " / "
       + per_second("fairlead_compression_input_bytes_total", "@b", "route"), "{{route}}")],
     "Size of compressed answers, of what backends sent."),
    ("lines", "Passwords", "ops", 8,
     [(per_second("fairlead_basic_auth_requests_total", "@b", "route, result"), "{{route}} {{result}}")],
     "Requests to routes that want one, in a second."),
]  # fmt: skip

TLS = [
    ("lines", "Handshakes", "ops", 6,
     [(per_second("fairlead_tls_handshakes_total", "@i", "peer, version, start") + " > 0",
       "{{peer}} {{version}} {{start}}")],
     "Done in a second."),
    ("lines", "Failures", "ops", 6,
     [(per_second("fairlead_tls_failures_total", "@i", "peer, reason"), "{{peer}} {{reason}}")],
     "In a second: docs/tls.md says what each reason means."),
    ("lines", "Time of handshakes", "s", 6, quantiles("fairlead_tls_handshake_seconds", "@i", "peer", "{{peer}}"),
     "From the first byte to the last."),
    ("bars", "Certificates expire in", "s", 6,
     [("min by (used_by, certificate) (fairlead_tls_certificate_not_after_timestamp_seconds{@i}) - time()",
       "{{certificate}} of {{used_by}}")],
     "A renewed file is taken by itself."),
]  # fmt: skip

RUNTIME = [
    ("lines", "Descriptors", "percentunit", 6,
     [("process_open_fds{@i} / process_max_fds{@i}", "{{instance}}")],
     "Open, of those that the process may open. A tunnel takes two."),
    ("lines", "Memory", "bytes", 6, [("process_resident_memory_bytes{@i}", "{{instance}}")],
     "In RAM; the kernel's socket buffers are not part of it."),
    ("lines", "Memory of each connection", "bytes", 6,
     [("process_resident_memory_bytes{@i} / (fairlead_connections_open{@i} > 0)", "{{instance}}")],
     "All of the process, spread over its clients."),
    ("lines", "Memory that connections hold", "bytes", 6,
     [("sum by (instance, kind) (fairlead_memory_bytes{@i}) > 0", "{{instance}} {{kind}}"),
      ("fairlead_memory_limit_bytes{@i}", "{{instance}} limit")],
     "By what for; near the limit new connections are refused."),
    ("lines", "Given up for want of something", "ops", 6,
     [(per_second("fairlead_sheds_total", "@i", "want, what"), "{{what}} for {{want}}")],
     "In a second: refused, closed or left unread, as memory or descriptors are used up."),
    ("lines", "CPU", "short", 6, [("rate(process_cpu_seconds_total{@i}[$__rate_interval])", "{{instance}}"),
                                  ("fairlead_workers{@i}", "{{instance}} workers")],
     "CPUs in use; the workers can use as many as there are of them."),
    ("lines", "Lag of the workers' loops", "s", 6,
     quantiles("fairlead_worker_loop_lag_seconds", "@i", "instance, worker", "{{instance}} {{worker}}"),
     "How late a worker comes to what is due: its connections wait as long."),
    ("lines", "Waiting to be accepted", "short", 6,
     [("sum by (instance, listener) (fairlead_listener_accept_queue{@i})", "{{instance}} {{listener}}"),
      ("sum by (instance, listener) (fairlead_listener_accept_queue_limit{@i})", "{{listener}} limit")],
     "Connections in the kernel's queue, and how many fit."),
    ("lines", "Dropped before they were accepted", "ops", 6,
     [(per_second("fairlead_listener_accept_drops_total", "@i", "instance, listener"),
       "{{instance}} {{listener}}")],
     "Connections for which that queue had no room."),
    ("lines", "Events in a wake", "short", 6,
     [("rate(fairlead_relay_events_total{@i}[$__rate_interval])"
       " / rate(fairlead_relay_wakes_total{@i}[$__rate_interval])", "{{instance}}")],
     "The more, the busier the relay, and the cheaper each event."),
    ("lines", "Accepted", "ops", 6,
     [("rate(fairlead_connections_accepted_total{@i}[$__rate_interval])", "{{instance}}"),
      ("rate(fairlead_accept_pauses_total{@i}[$__rate_interval])", "{{instance}} pauses")],
     "Client connections in a second; a pause is for want of descriptors or memory."),
    ("lines", "Configuration", "short", 6,
     [("fairlead_config_generation{@i}", "{{instance}} generation"),
      ("fairlead_config_last_reload_successful{@i}", "{{instance}} last was taken")],
     "0: the last was refused, and the one before is in force."),
    ("lines", "Drains and log", "short", 6,
     [("sum by (instance, kind) (fairlead_drain_tunnels_left{@i})", "{{instance}} {{kind}}"),
      ("rate(fairlead_log_lines_dropped_total{@i}[$__rate_interval])", "{{instance}} log lines dropped a second")],
     "Tunnels that a drain under way has still to tell to leave."),
]  # fmt: skip

NPATH = [
    ("states", "Backends", "short", 8,
     [("min by (instance, service, backend) (fairlead_npath_backend_up{@i})", "{{service}} {{backend}}")],
     "1 while the checks pass."),
    ("lines", "New connections", "ops", 8,
     [(per_second("fairlead_npath_backend_flows_total", "@i", "service, backend"), "{{service}} {{backend}}")],
     "SYNs forwarded in a second."),
    ("lines", "Bytes", "Bps", 8,
     [(per_second("fairlead_npath_backend_bytes_total", "@i", "service, backend"), "{{service}} {{backend}}")],
     "Forwarded in a second; answers do not pass."),
    ("states", "In sync", "short", 12, [("min by (instance, service) (fairlead_npath_in_sync{@i})", "{{service}}")],
     "1 while the kernel forwards as the checks and the configuration want it."),
    ("states", "Has the address", "short", 12,
     [("max by (instance, service) (fairlead_npath_has_address{@i})", "{{instance}} {{service}}")],
     "1 on the active director."),
]  # fmt: skip

ROWS = [
    ("Overview", OVERVIEW),
    ("Tunnels", TUNNELS),
    ("Source addresses", SOURCES),
    ("Backends", BACKENDS),
    ("HTTP", HTTP),
    ("TLS", TLS),
    ("Runtime", RUNTIME),
    ("n-Path", NPATH),
]
KINDS = {"stat": "stat", "lines": "timeseries", "bars": "bargauge", "states": "state-timeline"}
HEIGHTS = {"stat": 4, "lines": 8, "bars": 8, "states": 8}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def target(number, query, legend, instant):
    for short, selector in SELECTORS.items():
        query = query.replace(short, selector)
    kind = {"instant": True, "range": False} if instant else {}
    name = legend or "__auto"
    return {"datasource": DATASOURCE, "expr": query, "legendFormat": name, "refId": chr(ord("A") + number), **kind}


def colours(*steps):
    listed = [{"color": colour, "value": value} for colour, value in steps]
    return {"thresholds": {"mode": "absolute", "steps": listed}}


def panel(number, place, row):
    kind, title, unit, _, queries, tells = row
    custom = {"fillOpacity": 10, "showPoints": "never"} if kind == "lines" else {}
    defaults = {"custom": custom, "min": 0, "unit": unit}
    if unit == "percentunit":
        defaults |= {"max": 1} | colours(("green", None), ("orange", 0.8), ("red", 0.95))
    elif kind == "states":
        defaults |= {"max": 1} | colours(("red", None), ("green", 1))
    elif kind == "bars":
        defaults |= colours(("red", None), ("orange", 2 * 86400), ("green", 14 * 86400))
    return {
        "id": number,
        "type": KINDS[kind],
        "title": title,
        "description": tells,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [target(at, *query, kind in ("stat", "bars")) for at, query in enumerate(queries)],
    }


def panels():
    made, top = [], 0
    for title, row in ROWS:
        made.append(
            {"id": len(made) + 1, "type": "row", "title": title, "collapsed": False, "panels": [],
             "gridPos": {"h": 1, "w": 24, "x": 0, "y": top}}
        )  # fmt: skip
        left, top, height = 0, top + 1, 0
        for each in row:
            width = each[3]
            if left + width > 24:
                left, top, height = 0, top + height, 0
            height = max(height, HEIGHTS[each[0]])
            place = {"h": HEIGHTS[each[0]], "w": width, "x": left, "y": top}
            made.append(panel(len(made) + 1, place, each))
            left += width
        top += height
    return made


def variable(name, query):
    return {
        "name": name, "type": "query", "label": name, "datasource": DATASOURCE, "refresh": 2, "sort": 1,
        "query": {"query": query, "refId": name}, "definition": query,
        "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]},
    }  # fmt: skip


def dashboard():
    source = {"name": "datasource", "type": "datasource", "label": "Prometheus", "query": "prometheus"}
    variables = [
        variable("instance", "label_values(fairlead_build_info, instance)"),
        variable("route", f"label_values(fairlead_route_connections{{{SELECTORS['@i']}}}, route)"),
        variable("pool", f"label_values(fairlead_backend_up{{{SELECTORS['@i']}}}, pool)"),
    ]
    return {
        "uid": "fairlead",
        "title": "Fairlead",
        "description": "WebSocket tunnels, source addresses, backends and the process. Written by make_dashboard.py.",
        "tags": ["fairlead"],
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "schemaVersion": 38,
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [source, *variables]},
        "panels": panels(),
    }


def text():
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboards", "fairlead.json")
    with open(sys.argv[1] if len(sys.argv) > 1 else own, "w", encoding="utf-8") as file:
        file.write(text())
