#include "conf/known_keys.hpp"

#include "conf/access_rows.hpp"
#include "conf/admin_rows.hpp"
#include "conf/answer_rows.hpp"
#include "conf/discover_rows.hpp"
#include "conf/edge_rows.hpp"
#include "conf/health_rows.hpp"
#include "conf/limit_rows.hpp"
#include "conf/log_rows.hpp"
#include "conf/process_rows.hpp"
#include "conf/retry_rows.hpp"
#include "conf/tls_keys.hpp"

#include <algorithm>
#include <array>

namespace fairlead::conf {

namespace {

constexpr std::int64_t kib = 1'024;
constexpr std::int64_t mib = 1'024 * kib;

// A wait: any time up to a day, or never.
constexpr key_row wait(std::string_view name, std::string_view default_text,
                       std::string_view section = "timeouts", std::string_view example = "")
{
    return {.section = section,
            .name = name,
            .type = value_type::time,
            .default_text = default_text,
            .least = 1,
            .most = day,
            .zero = true,
            .example = !example.empty()       ? example
                       : default_text.empty() ? "\"2s\""
                                              : default_text};
}

constexpr key_row flag(std::string_view section, std::string_view name, std::string_view default_text)
{
    return {.section = section,
            .name = name,
            .type = value_type::boolean,
            .default_text = default_text,
            .example = default_text == "true" ? "false" : "true"};
}

constexpr key_row table(std::string_view name, value_type type, std::string_view example)
{
    return {.section = "", .name = name, .type = type, .example = example};
}

constexpr std::string_view listen_address = "IP:PORT, :PORT, [IPv6]:PORT or unix:/PATH";
constexpr std::string_view source_addresses = "addresses, CIDRs, interface:NAME, or client or client_port";
constexpr std::string_view source_ports = "ports and ranges, from 1024 on";
constexpr std::string_view byte_rates = "SIZE/s or SIZE/min";
constexpr std::string_view origins = "SCHEME://HOST[:PORT], SCHEME://*.HOST[:PORT], same-host or none";
constexpr std::string_view thresholds = "1% to 100%";
constexpr std::string_view npath_backends = "IP addresses on the interface's segment, 128 at most";
constexpr std::string_view backend_address = "IP:PORTS, [IPv6]:PORTS, NAME:PORTS or unix:/PATH";

// clang-format off
constexpr auto plain_rows = std::to_array<key_row>({
    {.section = "", .name = "workers", .type = value_type::integer, .default_text = "0", .least = 1,
     .most = 256, .zero = true, .reloads = false, .example = "4"},
    {.section = "", .name = "include", .type = value_type::text_list, .choices = "paths or patterns",
     .example = "[\"routes.d/*.toml\"]"},
    {.section = "", .name = "listen", .type = value_type::table_list, .required = true,
     .example = "[[listen]]"},
    {.section = "", .name = "admin", .type = value_type::table, .reloads = false, .example = "[admin]"},
    table("timeouts", value_type::table, "[timeouts]"),
    table("limits", value_type::table, "[limits]"),
    table("socket", value_type::table, "[socket]"),
    table("drain", value_type::table, "[drain]"),
    table("reload", value_type::table, "[reload]"),
    table("forward", value_type::table, "[forward]"),
    table("source", value_type::table, "[source]"),
    table("websocket", value_type::table, "[websocket]"),
    {.section = "", .name = "pool", .type = value_type::table, .required = true, .example = "[pool.chat]"},
    {.section = "", .name = "route", .type = value_type::table_list, .required = true,
     .example = "[[route]]"},
    table("npath", value_type::table, "[npath.chat]"),

    {.section = "listen", .name = "address", .type = value_type::text, .choices = listen_address,
     .required = true, .example = "\"0.0.0.0:8080\""},
    {.section = "listen", .name = "proxy_protocol_from", .type = value_type::text_list,
     .default_text = "[]", .choices = peers, .example = "[\"10.0.0.0/8\"]"},
    {.section = "listen", .name = "upgrade_rate", .type = value_type::text, .choices = message_rates,
     .example = "\"500/s\""},
    {.section = "listen", .name = "upgrade_burst", .type = value_type::integer, .least = 1,
     .most = 1'000'000, .example = "1000"},

    wait("head", "\"10s\""),
    wait("keep_alive", "\"1m\""),
    wait("body", "\"30s\""),
    wait("write", "\"1m\""),
    wait("connect", "\"5s\""),
    wait("response", "\"1m\""),
    wait("response_body", "0"),
    wait("total", "0", "timeouts", "\"2m\""),
    wait("upstream_idle", "\"30s\""),

    {.section = "limits", .name = "header_bytes", .type = value_type::bytes, .default_text = "\"32KiB\"",
     .least = kib, .most = 60 * kib, .example = "\"16KiB\""},
    {.section = "limits", .name = "header_count", .type = value_type::integer, .default_text = "100",
     .least = 1, .most = 500, .example = "200"},
    {.section = "limits", .name = "target_bytes", .type = value_type::bytes, .default_text = "\"16KiB\"",
     .least = 64, .most = 60 * kib, .example = "\"8KiB\""},
    {.section = "limits", .name = "body_bytes", .type = value_type::bytes, .default_text = "0", .least = 1,
     .most = mib * mib, .zero = true, .example = "\"100MiB\""},
    {.section = "limits", .name = "pending_bytes", .type = value_type::bytes, .default_text = "\"64KiB\"",
     .least = 4 * kib, .most = mib, .example = "\"128KiB\""},
    {.section = "limits", .name = "idle_upstream", .type = value_type::integer, .default_text = "64",
     .least = 1, .most = 65'536, .zero = true, .example = "16"},
    {.section = "limits", .name = "memory_limit", .type = value_type::bytes, .least = 16 * mib,
     .most = mib * mib, .zero = true, .example = "\"512MiB\""},

    flag("socket", "no_delay", "true"),
    {.section = "socket", .name = "not_sent_low_water", .type = value_type::bytes,
     .default_text = "\"64KiB\"", .least = kib, .most = 16 * mib, .zero = true, .example = "\"16KiB\""},
    {.section = "socket", .name = "keepalive_idle", .type = value_type::time, .default_text = "\"1m\"",
     .least = second, .most = 9 * hour, .zero = true, .example = "\"2m\""},
    {.section = "socket", .name = "keepalive_interval", .type = value_type::time, .default_text = "\"15s\"",
     .least = second, .most = 9 * hour, .example = "\"10s\""},
    {.section = "socket", .name = "keepalive_count", .type = value_type::integer, .default_text = "4",
     .least = 1, .most = 127, .example = "3"},
    {.section = "socket", .name = "user_timeout", .type = value_type::time, .default_text = "\"1m\"",
     .least = 100, .most = day, .zero = true, .example = "\"30s\""},
    {.section = "socket", .name = "backlog", .type = value_type::integer, .default_text = "4096", .least = 1,
     .most = 65'535, .reloads = false, .example = "16384"},

    {.section = "drain", .name = "delay", .type = value_type::time, .default_text = "0", .least = 1,
     .most = hour, .zero = true, .example = "\"5s\""},
    wait("window", "\"30s\"", "drain"),
    {.section = "drain", .name = "close_timeout", .type = value_type::time, .default_text = "\"5s\"",
     .least = 1, .most = hour, .example = "\"2s\""},

    {.section = "drain", .name = "order", .type = value_type::choice, .default_text = "\"oldest-first\"",
     .choices = "oldest-first|newest-first", .example = "\"newest-first\""},

    flag("reload", "watch", "false"),

    flag("forward", "via", "true"),
    {.section = "forward", .name = "via_name", .type = value_type::text, .default_text = "\"fairlead\"",
     .choices = "a token", .example = "\"edge-1\""},
    flag("forward", "x_forwarded", "true"),
    flag("forward", "forwarded", "false"),
    {.section = "forward", .name = "request_id", .type = value_type::text,
     .default_text = "\"X-Request-Id\"", .choices = "a header name, or \"\"", .example = "\"X-Trace\""},
    {.section = "forward", .name = "trusted_proxies", .type = value_type::text_list,
     .default_text = "[]", .choices = peers, .example = "[\"10.0.0.0/8\", \"unix\"]"},

    {.section = "source", .name = "addresses", .type = value_type::text_list, .choices = source_addresses,
     .example = "[\"10.0.1.0/28\"]"},
    {.section = "source", .name = "ports", .type = value_type::text, .choices = source_ports,
     .example = "\"1024-32767, 61000-65535\""},
    {.section = "source", .name = "port_selection", .type = value_type::choice,
     .default_text = "\"ledger\"", .choices = "ledger|kernel", .example = "\"kernel\""},
    {.section = "source", .name = "replica", .type = value_type::text, .default_text = "\"1/1\"",
     .choices = "I/N, N at most 1000", .example = "\"1/2\""},
    {.section = "source", .name = "reconcile_every", .type = value_type::time, .default_text = "\"5m\"",
     .least = 10 * second, .most = day, .zero = true, .example = "\"1m\""},

    wait("ping_every", "0", "websocket", "\"30s\""),
    wait("pong_timeout", "\"10s\"", "websocket"),
    {.section = "websocket", .name = "ping", .type = value_type::choice, .default_text = "\"both\"",
     .choices = "both|client|backend", .example = "\"client\""},
    wait("idle_timeout", "0", "websocket", "\"10m\""),
    {.section = "websocket", .name = "max_age", .type = value_type::time, .default_text = "0",
     .least = second, .most = 365 * day, .zero = true, .example = "\"12h\""},
    {.section = "websocket", .name = "max_message", .type = value_type::bytes, .default_text = "0",
     .least = 1, .most = mib * mib, .zero = true, .example = "\"1MiB\""},
    {.section = "websocket", .name = "max_frame", .type = value_type::bytes, .default_text = "0",
     .least = 1, .most = mib * mib, .zero = true, .example = "\"64KiB\""},
    {.section = "websocket", .name = "message_rate", .type = value_type::text, .choices = message_rates,
     .example = "\"50/s\""},
    {.section = "websocket", .name = "message_burst", .type = value_type::integer, .least = 1,
     .most = 1'000'000, .example = "100"},
    {.section = "websocket", .name = "byte_rate", .type = value_type::text, .choices = byte_rates,
     .example = "\"1MiB/s\""},
    {.section = "websocket", .name = "byte_burst", .type = value_type::bytes, .least = 1, .most = kib * mib,
     .example = "\"4MiB\""},
    {.section = "websocket", .name = "control_rate", .type = value_type::text,
     .default_text = "\"1000/s\"", .choices = message_rates, .example = "\"10/s\""},
    {.section = "websocket", .name = "control_burst", .type = value_type::integer, .least = 1,
     .most = 1'000'000, .example = "100"},
    wait("rate_patience", "\"10s\"", "websocket"),
    wait("slow_timeout", "0", "websocket", "\"30s\""),
    flag("websocket", "enforce", "false"),
    {.section = "websocket", .name = "origins", .type = value_type::text_list, .choices = origins,
     .example = "[\"https://app.example.com\", \"same-host\"]"},
    {.section = "websocket", .name = "subprotocols", .type = value_type::text_list, .choices = "tokens",
     .example = "[\"mqtt\"]"},
    {.section = "websocket", .name = "permessage_deflate", .type = value_type::choice,
     .default_text = "\"pass\"", .choices = "pass|strip", .example = "\"strip\""},

    {.section = "pool.NAME", .name = "backends", .type = value_type::array, .choices = backend_address,
     .example = "[\"10.0.0.11:9000\", { address = \"10.0.0.12:9000\", weight = 2 }]"},
    {.section = "pool.NAME", .name = "balance", .type = value_type::choice,
     .default_text = "\"round-robin\"", .choices = "round-robin|least-connections|random-of-two",
     .example = "\"least-connections\""},
    {.section = "pool.NAME", .name = "source", .type = value_type::text_list,
     .choices = source_addresses, .example = "[\"10.0.1.0/28\"]"},
    {.section = "pool.NAME", .name = "ports", .type = value_type::text, .choices = source_ports,
     .example = "\"20000-29999\""},
    {.section = "pool.NAME", .name = "port_selection", .type = value_type::choice,
     .choices = "ledger|kernel", .example = "\"kernel\""},
    {.section = "pool.NAME", .name = "proxy_protocol", .type = value_type::choice,
     .default_text = "\"none\"", .choices = "none|v1|v2", .example = "\"v2\""},
    wait("connect_timeout", "", "pool.NAME"),
    wait("response_timeout", "", "pool.NAME"),
    wait("total_timeout", "", "pool.NAME", "\"30s\""),
    {.section = "pool.NAME", .name = "backoff", .type = value_type::time, .default_text = "\"1s\"",
     .least = 1, .most = hour, .example = "\"500ms\""},
    {.section = "pool.NAME", .name = "max_backoff", .type = value_type::time, .default_text = "\"30s\"",
     .least = 1, .most = day, .example = "\"1m\""},
    {.section = "pool.NAME", .name = "rebalance", .type = value_type::table,
     .example = "{ rate = \"50/s\", threshold = \"20%\" }"},
    {.section = "pool.NAME", .name = "retry", .type = value_type::table,
     .example = "{ on = [\"reset\", \"502-504\"], attempts = 2 }"},
    {.section = "pool.NAME", .name = "sticky", .type = value_type::table,
     .example = "{ by = \"cookie\", secret = \"kXo3vT9wq1m7cEh4\" }"},
    {.section = "pool.NAME", .name = "health", .type = value_type::table,
     .example = "{ path = \"/healthz\", every = \"5s\" }"},
    {.section = "pool.NAME", .name = "eject", .type = value_type::table,
     .example = "{ failures = 5, window = \"10s\" }"},
    wait("slow_start", "0", "pool.NAME", "\"30s\""),
    {.section = "pool.NAME", .name = "dead_tunnels", .type = value_type::choice,
     .default_text = "\"keep\"", .choices = "keep|close", .example = "\"close\""},
    {.section = "pool.NAME", .name = "panic_threshold", .type = value_type::text,
     .default_text = "\"0%\"", .choices = "0% to 100%", .example = "\"30%\""},

    {.section = "pool.NAME.sticky", .name = "by", .type = value_type::choice,
     .choices = "cookie|app-cookie|header|query|path|client", .required = true, .example = "\"cookie\""},
    {.section = "pool.NAME.sticky", .name = "name", .type = value_type::text, .choices = "a token",
     .example = "\"X-Room\""},
    {.section = "pool.NAME.sticky", .name = "secret", .type = value_type::text,
     .choices = "16 to 1024 bytes", .example = "\"kXo3vT9wq1m7cEh4\""},
    {.section = "pool.NAME.sticky", .name = "secret_file", .type = value_type::text, .choices = "a file",
     .example = "\"sticky.key\""},
    {.section = "pool.NAME.sticky", .name = "ttl", .type = value_type::time, .default_text = "0",
     .least = second, .most = 400 * day, .zero = true, .example = "\"7d\""},
    {.section = "pool.NAME.sticky", .name = "path", .type = value_type::text, .default_text = "\"/\"",
     .choices = "starts with '/'", .example = "\"/chat\""},
    {.section = "pool.NAME.sticky", .name = "domain", .type = value_type::text, .choices = "a host name",
     .example = "\"example.com\""},
    {.section = "pool.NAME.sticky", .name = "same_site", .type = value_type::choice,
     .default_text = "\"lax\"", .choices = "lax|strict|none", .example = "\"none\""},
    flag("pool.NAME.sticky", "secure", "false"),

    {.section = "pool.NAME.rebalance", .name = "rate", .type = value_type::text,
     .default_text = "\"50/s\"", .choices = message_rates, .example = "\"200/s\""},
    {.section = "pool.NAME.rebalance", .name = "threshold", .type = value_type::text,
     .default_text = "\"20%\"", .choices = thresholds, .example = "\"10%\""},

    {.section = "pool.NAME.backends", .name = "address", .type = value_type::text,
     .choices = backend_address, .required = true, .example = "\"10.0.0.12:9000\""},
    {.section = "pool.NAME.backends", .name = "weight", .type = value_type::integer, .default_text = "1",
     .least = 1, .most = 1'000, .example = "2"},
    {.section = "pool.NAME.backends", .name = "priority", .type = value_type::integer, .default_text = "0",
     .least = 0, .most = 65'535, .example = "1"},

    {.section = "npath.NAME", .name = "address", .type = value_type::text, .choices = "an IP address",
     .required = true, .example = "\"10.5.0.100\""},
    {.section = "npath.NAME", .name = "port", .type = value_type::integer, .least = 1, .most = 65'535,
     .required = true, .example = "443"},
    {.section = "npath.NAME", .name = "interface", .type = value_type::text,
     .choices = "the name of an interface", .required = true, .example = "\"eth0\""},
    {.section = "npath.NAME", .name = "backends", .type = value_type::array, .choices = npath_backends,
     .required = true, .example = "[\"10.5.0.21\", { address = \"10.5.0.22\", weight = 2 }]"},
    {.section = "npath.NAME", .name = "health", .type = value_type::table,
     .example = "{ path = \"/readyz\", port = 9900 }"},
    {.section = "npath.NAME", .name = "flow_timeout", .type = value_type::time, .default_text = "\"1h\"",
     .least = 10 * second, .most = 7 * day, .example = "\"30m\""},
    {.section = "npath.NAME", .name = "slots", .type = value_type::integer, .default_text = "1021",
     .least = 251, .most = 16'381, .example = "4093"},
    flag("npath.NAME", "persist", "false"),

    {.section = "npath.NAME.backends", .name = "address", .type = value_type::text,
     .choices = "an IP address", .required = true, .example = "\"10.5.0.22\""},
    {.section = "npath.NAME.backends", .name = "weight", .type = value_type::integer, .default_text = "1",
     .least = 1, .most = 100, .zero = true, .example = "2"},

    {.section = "npath.NAME.health", .name = "kind", .type = value_type::choice,
     .default_text = "\"tcp\"", .choices = "tcp|http", .example = "\"http\""},
    {.section = "npath.NAME.health", .name = "path", .type = value_type::text,
     .choices = "starts with '/'", .example = "\"/readyz\""},
    {.section = "npath.NAME.health", .name = "port", .type = value_type::integer, .least = 1,
     .most = 65'535, .example = "9900"},
    {.section = "npath.NAME.health", .name = "every", .type = value_type::time, .default_text = "\"2s\"",
     .least = 100, .most = hour, .example = "\"1s\""},
    {.section = "npath.NAME.health", .name = "timeout", .type = value_type::time,
     .default_text = "\"1s\"", .least = 10, .most = hour, .example = "\"500ms\""},
    {.section = "npath.NAME.health", .name = "rise", .type = value_type::integer, .default_text = "2",
     .least = 1, .most = 100, .example = "3"},
    {.section = "npath.NAME.health", .name = "fall", .type = value_type::integer, .default_text = "3",
     .least = 1, .most = 100, .example = "2"},

    {.section = "route", .name = "name", .type = value_type::text,
     .choices = "1 to 128 printable characters", .example = "\"chat\""},
    {.section = "route", .name = "host", .type = value_type::text,
     .choices = "NAME, *.NAME or an IP address", .example = "\"*.example.com\""},
    {.section = "route", .name = "path", .type = value_type::text, .choices = "starts with '/'",
     .example = "\"/chat/\""},
    {.section = "route", .name = "path_regex", .type = value_type::text, .choices = "an RE2 regex",
     .example = "'/v[0-9]+/users/.*'"},
    {.section = "route", .name = "methods", .type = value_type::text_list, .choices = "tokens",
     .example = "[\"GET\", \"HEAD\"]"},
    {.section = "route", .name = "headers", .type = value_type::table, .choices = "NAME = a test",
     .example = "{ X-Tenant = \"blue\", Authorization = true }"},
    {.section = "route", .name = "query", .type = value_type::table, .choices = "NAME = a test",
     .example = "{ version = { regex = \"[0-9]+\" } }"},
    {.section = "route", .name = "only", .type = value_type::choice, .choices = "http|websocket",
     .example = "\"websocket\""},
    {.section = "route", .name = "subprotocol", .type = value_type::text, .choices = "a token",
     .example = "\"mqtt\""},
    {.section = "route", .name = "pool", .type = value_type::text, .choices = "the name of a pool",
     .example = "\"chat\""},
    {.section = "route", .name = "strip_prefix", .type = value_type::text, .choices = "starts with '/'",
     .example = "\"/chat\""},
    {.section = "route", .name = "add_prefix", .type = value_type::text, .choices = "starts with '/'",
     .example = "\"/v2\""},
    {.section = "route", .name = "add_headers", .type = value_type::table, .choices = "NAME = text",
     .example = "{ X-Tag = \"edge\" }"},
    {.section = "route", .name = "set_headers", .type = value_type::table, .choices = "NAME = text",
     .example = "{ X-Tenant = \"blue\", X-Debug = \"\" }"},
    {.section = "route", .name = "websocket", .type = value_type::table, .choices = "keys of [websocket]",
     .example = "{ ping_every = \"30s\", max_message = \"1MiB\" }"},
    {.section = "route", .name = "upgrades", .type = value_type::text_list, .choices = "tokens",
     .example = "[\"spdy/3.1\"]"},
    {.section = "route", .name = "max_connections", .type = value_type::integer, .default_text = "0",
     .least = 1, .most = 100'000'000, .zero = true, .example = "50000"},
    {.section = "route", .name = "max_connections_per_client", .type = value_type::integer,
     .default_text = "0",
     .least = 1, .most = 1'000'000, .zero = true, .example = "20"},

    {.section = "route.headers.NAME", .name = "regex", .type = value_type::text, .choices = "an RE2 regex",
     .required = true, .example = "\"(?i)mobile.*\""},
    {.section = "route.query.NAME", .name = "regex", .type = value_type::text, .choices = "an RE2 regex",
     .required = true, .example = "\"[0-9]+\""},
});
// clang-format on

template <std::size_t First, std::size_t Second>
constexpr auto joined(const std::array<key_row, First>& some, const std::array<key_row, Second>& more)
{
    std::array<key_row, First + Second> all{};
    std::ranges::copy(more, std::ranges::copy(some, all.begin()).out);
    return all;
}

constexpr auto pool_rows = joined(joined(joined(discover_rows, health_rows), limit_rows), retry_rows);
constexpr auto route_rows = joined(joined(edge_rows, access_rows), answer_rows);
constexpr auto process_rows =
    joined(joined(joined(joined(plain_rows, privilege_rows), admin_rows), tls_rows), log_rows);
constexpr auto rows = joined(joined(process_rows, pool_rows), route_rows);

} // namespace

std::span<const key_row> known_keys() noexcept { return rows; }

const key_row* find_key(std::string_view section, std::string_view name) noexcept
{
    for (const auto& row : rows) {
        if (row.section == section && row.name == name) {
            return &row;
        }
    }
    return nullptr;
}

} // namespace fairlead::conf
