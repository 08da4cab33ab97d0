#include "conf/health_keys.hpp"

#include "conf/http_syntax.hpp"
#include "conf/route_conditions.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_match = 4'096;

bool is_text(const table_reader& table, std::string_view name)
{
    const auto* node = table.find(name);
    return node != nullptr && node->kind == node_kind::text;
}

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    return text;
}

std::optional<std::uint16_t> parse_status(std::string_view text)
{
    std::uint16_t status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size() && text.size() == 3;
    return is_whole && status >= 100 && status <= 599 ? std::optional(status) : std::nullopt;
}

} // namespace

std::optional<std::vector<status_range>> parse_statuses(std::string_view text)
{
    std::vector<status_range> ranges;
    for (;;) {
        const auto comma = text.find(',');
        const auto part = trimmed(text.substr(0, comma));
        const auto dash = part.find('-');
        const auto first = parse_status(trimmed(part.substr(0, dash)));
        const auto last = dash == part.npos ? first : parse_status(trimmed(part.substr(dash + 1)));
        if (!first || !last || *first > *last) {
            return std::nullopt;
        }
        ranges.push_back({*first, *last});
        if (comma == text.npos) {
            return ranges;
        }
        text.remove_prefix(comma + 1);
    }
}

void read_percent(const table_reader& table, std::string_view name, std::uint32_t& target)
{
    std::string text;
    table.read(name, text);
    if (!is_text(table, name)) {
        return;
    }
    if (const auto percent = parse_percent(text)) {
        target = *percent;
    } else {
        table.report(name, in_quotes(text) + " is not a share, such as \"50%\"");
    }
}

namespace {

void read_statuses(const table_reader& table, std::string_view name, std::vector<status_range>& target)
{
    if (!is_text(table, name)) {
        std::string unused;
        table.read(name, unused); // tells of another type
        return;
    }
    const std::string_view text = table.find(name)->text;
    if (auto ranges = parse_statuses(text)) {
        target = std::move(*ranges);
    } else {
        table.report(name, in_quotes(text) + " is not a list of statuses, such as \"200-299, 404\"");
    }
}

void read_body_match(const table_reader& table, body_match& target)
{
    const auto* node = table.find("expect_body");
    if (node == nullptr) {
        return;
    }
    if (node->kind == node_kind::text) {
        target.text = node->text;
    } else if (node->kind == node_kind::table) {
        const table_reader match(*node, {"pool.NAME.health.expect_body", table.path_of("expect_body"),
                                         table.file(), table.errors()});
        match.read("regex", target.text);
        target.is_regex = true;
        if (const auto problem = problem_of_regex(target.text); !problem.empty()) {
            match.report("regex", problem);
        }
    } else {
        table.report("expect_body", "wants \"a part of the body\" or { regex = \"...\" }");
    }
    if (target.text.size() > longest_match) {
        table.report("expect_body", "is longer than " + std::to_string(longest_match) + " characters");
    }
}

void refuse_without_use(const table_reader& table, std::string_view name, std::string_view kinds)
{
    if (table.find(name) != nullptr) {
        table.report(name, "has no use here; it is for kind = " + std::string(kinds));
    }
}

void read_health(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("health");
    if (node == nullptr) {
        return;
    }
    const table_reader table(
        *node, {"pool.NAME.health", pool_table.path_of("health"), pool_table.file(), pool_table.errors()});
    if (node->kind != node_kind::table) {
        return;
    }
    health_options health;
    health.kind = read_check_kind(table);
    read_check_path(table, health.kind, health.path);
    if (health.kind == check_kind::websocket && health.path.empty()) {
        health.path = "/";
    }
    table.read("host", health.host);
    if (is_text(table, "host") &&
        (!is_visible_text(health.host) || health.host.find_first_of("/\\?#@\"") != std::string::npos))
    {
        table.report("host", in_quotes(health.host) + " is not a host, such as app.example.com");
    }
    health.headers = read_check_headers(table);
    if (std::ranges::any_of(health.headers, [](const auto& each) { return to_lower(each.name) == "host"; })) {
        table.report("headers", "the Host header is set by the key 'host'");
    }
    table.read("subprotocol", health.subprotocol);
    if (is_text(table, "subprotocol") && !is_token(health.subprotocol)) {
        table.report("subprotocol", in_quotes(health.subprotocol) + " is not a subprotocol (RFC 6455 4.1)");
    }
    if (health.kind == check_kind::tcp) {
        refuse_without_use(table, "host", "\"http\" and \"websocket\"");
        refuse_without_use(table, "headers", "\"http\" and \"websocket\"");
    }
    if (health.kind != check_kind::websocket) {
        refuse_without_use(table, "subprotocol", "\"websocket\"");
    }
    read_check_port(table, health.port);
    const auto is_unix = [](const backend_options& each) {
        return each.address.what == endpoint::kind::unix_path;
    };
    if (health.port != 0 && std::ranges::any_of(pool.backends, is_unix)) {
        table.report("port", "the pool has a Unix socket, which has no port");
    }
    read_statuses(table, "expect_status", health.expect_status);
    read_body_match(table, health.expect_body);
    if (health.kind != check_kind::http) {
        refuse_without_use(table, "expect_status", "\"http\"");
        refuse_without_use(table, "expect_body", "\"http\"");
    }
    read_check_timing(table, health.timing);
    pool.health = std::move(health);
}

void read_eject(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("eject");
    if (node == nullptr) {
        return;
    }
    const table_reader table(
        *node, {"pool.NAME.eject", pool_table.path_of("eject"), pool_table.file(), pool_table.errors()});
    if (node->kind != node_kind::table) {
        return;
    }
    eject_options eject;
    table.read("failures", eject.failures);
    read_percent(table, "share", eject.share);
    table.read("window", eject.window);
    read_statuses(table, "statuses", eject.statuses);
    table.read("backoff", eject.backoff);
    // A longer first back-off alone raises the bound with it.
    eject.max_backoff = std::max(eject.max_backoff, eject.backoff);
    table.read("max_backoff", eject.max_backoff);
    if (eject.max_backoff < eject.backoff) {
        table.report("max_backoff", format_duration(eject.max_backoff) +
                                        " is shorter than backoff, which is " +
                                        format_duration(eject.backoff));
    }
    read_percent(table, "max_ejected", eject.max_ejected);
    table.read("slow_factor", eject.slow_factor);
    table.read("slow_least", eject.slow_least);
    table.read("slow_answers", eject.slow_answers);
    if (eject.slow_factor == 0) {
        for (const auto* name : {"slow_least", "slow_answers"}) {
            if (table.find(name) != nullptr) {
                table.report(name, "has no use without slow_factor");
            }
        }
    }
    pool.eject = std::move(eject);
}

} // namespace

check_kind read_check_kind(const table_reader& table)
{
    if (const auto kind = table.choice("kind")) {
        return static_cast<check_kind>(*kind);
    }
    return table.find("path") != nullptr ? check_kind::http : check_kind::tcp;
}

void read_check_path(const table_reader& table, check_kind kind, std::string& path)
{
    table.read("path", path);
    const bool has_path = table.find("path") != nullptr;
    if (has_path && kind == check_kind::tcp) {
        table.report("path", "a TCP check asks for no path; kind = \"http\" does");
    } else if (!has_path && kind == check_kind::http) {
        table.report("kind", "an HTTP check needs a path, such as \"/readyz\"");
    } else if (has_path &&
               (!path.starts_with('/') || !is_visible_text(path) || path.find('#') != std::string::npos))
    {
        table.report("path", in_quotes(path) + " is not a path, such as \"/readyz\"");
    }
}

void read_check_port(const table_reader& table, std::uint16_t& port)
{
    std::uint32_t number = port;
    table.read("port", number);
    port = static_cast<std::uint16_t>(number);
}

void read_check_timing(const table_reader& table, check_timing& timing)
{
    table.read("every", timing.every);
    // A shorter interval alone lowers the bound with it.
    timing.timeout = std::min(timing.timeout, timing.every);
    table.read("timeout", timing.timeout);
    if (timing.timeout > timing.every) {
        table.report("timeout", format_duration(timing.timeout) + " is longer than every, which is " +
                                    format_duration(timing.every));
    }
    table.read("rise", timing.rise);
    table.read("fall", timing.fall);
}

void read_pool_health(const table_reader& table, pool_options& pool)
{
    read_health(table, pool);
    read_eject(table, pool);
    table.read("slow_start", pool.slow_start);
    read_percent(table, "panic_threshold", pool.panic_threshold);
    pool.dead_tunnels = static_cast<dead_tunnel_handling>(table.choice("dead_tunnels").value_or(0));
    if (pool.dead_tunnels == dead_tunnel_handling::close && table.find("health") == nullptr) {
        table.report("dead_tunnels", "nothing finds a backend dead without health; add a check, such as "
                                     "health = { path = \"/healthz\" }");
    }
}

} // namespace fairlead::conf
