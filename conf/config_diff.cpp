#include "conf/config_diff.hpp"

#include "conf/admin_comparison.hpp"
#include "conf/answer_comparison.hpp"
#include "conf/known_keys.hpp"
#include "conf/process_comparison.hpp"

#include <algorithm>
#include <type_traits>
#include <unordered_map>

namespace fairlead::conf {
namespace {

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(std::uint32_t value) { return std::to_string(value); }
std::string text_of(byte_count value) { return format_byte_count(value); }
std::string text_of(const std::optional<byte_count>& value) { return value ? text_of(*value) : ""; }
std::string text_of(duration value) { return format_duration(value); }
std::string text_of(const std::string& value) { return value; }
std::string text_of(const std::optional<duration>& value) { return value ? format_duration(*value) : ""; }
std::string text_of(const std::optional<endpoint>& value) { return value ? value->text : ""; }

std::string percent_text(std::uint32_t value) { return std::to_string(value) + "%"; }

// Compares the keys of one section, one after the other.
class key_comparison
{
public:
    key_comparison(std::string_view section, std::string_view prefix, std::vector<key_change>& out)
        : section_(section)
        , prefix_(prefix)
        , out_(out)
    {}

    template <class Value>
    void add(std::string_view name, const Value& before, const Value& after) const
    {
        if (before == after) {
            return;
        }
        const auto* row = find_key(section_, name);
        key_change change{prefix_ + std::string(name), "", "", row != nullptr && !row->reloads};
        if constexpr (std::is_enum_v<Value>) {
            change.before = word(row, static_cast<std::size_t>(before));
            change.after = word(row, static_cast<std::size_t>(after));
        } else if constexpr (requires { text_of(before); }) {
            change.before = text_of(before);
            change.after = text_of(after);
        }
        out_.push_back(std::move(change));
    }

private:
    // The word of a choice; its enumerators are in the order of the schema's words.
    static std::string word(const key_row* row, std::size_t index)
    {
        std::string_view rest = row != nullptr && row->type == value_type::choice ? row->choices : "";
        for (; index > 0 && rest.find('|') != rest.npos; --index) {
            rest.remove_prefix(rest.find('|') + 1);
        }
        return index == 0 ? std::string(rest.substr(0, rest.find('|'))) : "";
    }

    std::string_view section_;
    std::string prefix_;
    std::vector<key_change>& out_;
};

void compare_waits(const config& a, const config& b, std::vector<key_change>& out)
{
    const key_comparison timeouts("timeouts", "timeouts.", out);
    timeouts.add("head", a.timeouts.head, b.timeouts.head);
    timeouts.add("keep_alive", a.timeouts.keep_alive, b.timeouts.keep_alive);
    timeouts.add("body", a.timeouts.body, b.timeouts.body);
    timeouts.add("write", a.timeouts.write, b.timeouts.write);
    timeouts.add("connect", a.timeouts.connect, b.timeouts.connect);
    timeouts.add("response", a.timeouts.response, b.timeouts.response);
    timeouts.add("response_body", a.timeouts.response_body, b.timeouts.response_body);
    timeouts.add("total", a.timeouts.total, b.timeouts.total);
    timeouts.add("upstream_idle", a.timeouts.upstream_idle, b.timeouts.upstream_idle);
    timeouts.add("tls_handshake", a.timeouts.tls_handshake, b.timeouts.tls_handshake);
    const key_comparison drain("drain", "drain.", out);
    drain.add("delay", a.drain.delay, b.drain.delay);
    drain.add("window", a.drain.window, b.drain.window);
    drain.add("close_timeout", a.drain.close_timeout, b.drain.close_timeout);
    drain.add("order", a.drain.order, b.drain.order);
}

void compare_bounds(const config& a, const config& b, std::vector<key_change>& out)
{
    const key_comparison limits("limits", "limits.", out);
    limits.add("header_bytes", a.limits.header_bytes, b.limits.header_bytes);
    limits.add("header_count", a.limits.header_count, b.limits.header_count);
    limits.add("target_bytes", a.limits.target_bytes, b.limits.target_bytes);
    limits.add("body_bytes", a.limits.body_bytes, b.limits.body_bytes);
    limits.add("pending_bytes", a.limits.pending_bytes, b.limits.pending_bytes);
    limits.add("idle_upstream", a.limits.idle_upstream, b.limits.idle_upstream);
    limits.add("memory_limit", a.limits.memory_limit, b.limits.memory_limit);
    const key_comparison socket("socket", "socket.", out);
    socket.add("no_delay", a.socket.no_delay, b.socket.no_delay);
    socket.add("not_sent_low_water", a.socket.not_sent_low_water, b.socket.not_sent_low_water);
    socket.add("keepalive_idle", a.socket.keepalive_idle, b.socket.keepalive_idle);
    socket.add("keepalive_interval", a.socket.keepalive_interval, b.socket.keepalive_interval);
    socket.add("keepalive_count", a.socket.keepalive_count, b.socket.keepalive_count);
    socket.add("user_timeout", a.socket.user_timeout, b.socket.user_timeout);
    socket.add("backlog", a.socket.backlog, b.socket.backlog);
}

void compare_process(const config& a, const config& b, std::vector<key_change>& out)
{
    const key_comparison top("", "", out);
    top.add("workers", a.workers, b.workers);
    top.add("error_pages", a.error_pages, b.error_pages);
    compare_privileges(a.process, b.process, key_comparison("process", "process.", out));
    compare_admin(a.admin, b.admin, key_comparison("admin", "admin.", out));
    key_comparison("reload", "reload.", out).add("watch", a.reload.watch, b.reload.watch);
    compare_log(a.log, b.log, key_comparison("log", "log.", out));
    compare_forwarding(a.forward, b.forward, key_comparison("forward", "forward.", out));
    // Addresses and ports are told at the pools that dial from them.
    key_comparison("source", "source.", out)
        .add("reconcile_every", a.source.reconcile_every, b.source.reconcile_every);
}

void compare_tls(const tls_options& a, const tls_options& b, std::vector<key_change>& out)
{
    const key_comparison keys("tls", "tls.", out);
    keys.add("profile", a.profile, b.profile);
    keys.add("min_version", a.min_version, b.min_version);
    keys.add("ticket_lifetime", a.ticket_lifetime, b.ticket_lifetime);
    keys.add("ticket_keys", a.ticket_keys, b.ticket_keys);
    keys.add("max_handshakes", a.max_handshakes, b.max_handshakes);
    keys.add("ktls", a.ktls, b.ktls);
    keys.add("key_log", a.key_log, b.key_log);
}

void compare_websocket(const websocket_options& a, const websocket_options& b, std::vector<key_change>& out)
{
    const key_comparison keys("websocket", "websocket.", out);
    keys.add("ping_every", a.ping_every, b.ping_every);
    keys.add("pong_timeout", a.pong_timeout, b.pong_timeout);
    keys.add("ping", a.ping, b.ping);
    keys.add("idle_timeout", a.idle_timeout, b.idle_timeout);
    keys.add("max_age", a.max_age, b.max_age);
    keys.add("max_message", a.max_message, b.max_message);
    keys.add("max_frame", a.max_frame, b.max_frame);
    keys.add("message_rate", a.message_rate.per_second, b.message_rate.per_second);
    keys.add("message_burst", a.message_rate.burst, b.message_rate.burst);
    keys.add("byte_rate", a.byte_rate.per_second, b.byte_rate.per_second);
    keys.add("byte_burst", a.byte_rate.burst, b.byte_rate.burst);
    keys.add("control_rate", a.control_rate.per_second, b.control_rate.per_second);
    keys.add("control_burst", a.control_rate.burst, b.control_rate.burst);
    keys.add("rate_patience", a.rate_patience, b.rate_patience);
    keys.add("slow_timeout", a.slow_timeout, b.slow_timeout);
    keys.add("enforce", a.enforce, b.enforce);
    keys.add("origins", a.origins, b.origins);
    keys.add("subprotocols", a.subprotocols, b.subprotocols);
    keys.add("permessage_deflate", a.permessage_deflate, b.permessage_deflate);
}

std::vector<key_change> changed_keys(const route_options& a, const route_options& b)
{
    std::vector<key_change> out;
    const key_comparison keys("route", "", out);
    keys.add("host", a.host, b.host);
    const bool has_regex = a.path_is == path_kind::regex || b.path_is == path_kind::regex;
    if (a.path_is != b.path_is || a.path != b.path) {
        out.push_back({has_regex ? "path_regex" : "path", a.path, b.path, false});
    }
    keys.add("methods", a.methods, b.methods);
    keys.add("headers", a.headers, b.headers);
    keys.add("query", a.query, b.query);
    if (a.only != b.only) out.push_back({"only", "", "", false});
    keys.add("subprotocol", a.subprotocol, b.subprotocol);
    keys.add("client_certificate", a.client_certificate, b.client_certificate);
    keys.add("pool", a.pool, b.pool);
    keys.add("strip_prefix", a.strip_prefix, b.strip_prefix);
    keys.add("add_prefix", a.add_prefix, b.add_prefix);
    keys.add("add_headers", a.add_headers, b.add_headers);
    keys.add("set_headers", a.set_headers, b.set_headers);
    keys.add("redirect", a.edge.redirect, b.edge.redirect);
    keys.add("redirect_status", a.edge.redirect_status, b.edge.redirect_status);
    keys.add("respond", a.edge.respond, b.edge.respond);
    keys.add("allow", a.edge.allow, b.edge.allow);
    keys.add("deny", a.edge.deny, b.edge.deny);
    keys.add("request_rate", a.edge.request_rate, b.edge.request_rate);
    keys.add("jwt", a.edge.jwt, b.edge.jwt);
    keys.add("basic_auth", a.edge.basic_auth, b.edge.basic_auth);
    keys.add("auth_request", a.edge.auth_request, b.edge.auth_request);
    keys.add("response_headers", a.edge.response_headers, b.edge.response_headers);
    compare_answers(a, b, keys);
    compare_websocket(a.websocket, b.websocket, out);
    keys.add("upgrades", a.upgrades, b.upgrades);
    keys.add("max_connections", a.max_connections, b.max_connections);
    keys.add("max_connections_per_client", a.max_connections_per_client, b.max_connections_per_client);
    keys.add("log_sample", a.log_sample, b.log_sample);
    return out;
}

std::vector<key_change> changed_keys(const listen_options& a, const listen_options& b)
{
    std::vector<key_change> out;
    const key_comparison keys("listen", "", out);
    keys.add("proxy_protocol_from", a.proxy_protocol_from, b.proxy_protocol_from);
    keys.add("tls", a.tls, b.tls);
    keys.add("redirect_to_https", std::uint32_t{a.redirect_port}, std::uint32_t{b.redirect_port});
    keys.add("trace_context", a.trace_context, b.trace_context);
    return out;
}

std::vector<key_change> changed_keys(const backend_options& a, const backend_options& b)
{
    std::vector<key_change> out;
    const key_comparison keys("pool.NAME.backends", "", out);
    keys.add("weight", a.weight, b.weight);
    keys.add("priority", a.priority, b.priority);
    keys.add("max_connections", a.max_connections, b.max_connections);
    return out;
}

void compare_checks(const health_options& a, const health_options& b, std::vector<key_change>& out)
{
    const key_comparison keys("pool.NAME.health", "health.", out);
    keys.add("kind", a.kind, b.kind);
    keys.add("path", a.path, b.path);
    keys.add("host", a.host, b.host);
    keys.add("port", std::uint32_t{a.port}, std::uint32_t{b.port});
    keys.add("headers", a.headers, b.headers);
    keys.add("subprotocol", a.subprotocol, b.subprotocol);
    keys.add("expect_status", a.expect_status, b.expect_status);
    keys.add("expect_body", a.expect_body, b.expect_body);
    keys.add("every", a.timing.every, b.timing.every);
    keys.add("timeout", a.timing.timeout, b.timing.timeout);
    keys.add("rise", a.timing.rise, b.timing.rise);
    keys.add("fall", a.timing.fall, b.timing.fall);
}

void compare_ejection(const eject_options& a, const eject_options& b, std::vector<key_change>& out)
{
    const key_comparison keys("pool.NAME.eject", "eject.", out);
    keys.add("failures", a.failures, b.failures);
    keys.add("share", percent_text(a.share), percent_text(b.share));
    keys.add("window", a.window, b.window);
    keys.add("statuses", a.statuses, b.statuses);
    keys.add("backoff", a.backoff, b.backoff);
    keys.add("max_backoff", a.max_backoff, b.max_backoff);
    keys.add("max_ejected", percent_text(a.max_ejected), percent_text(b.max_ejected));
    keys.add("slow_factor", a.slow_factor, b.slow_factor);
    keys.add("slow_least", a.slow_least, b.slow_least);
    keys.add("slow_answers", a.slow_answers, b.slow_answers);
}

void compare_health(const pool_options& a, const pool_options& b, std::vector<key_change>& out)
{
    const key_comparison keys("pool.NAME", "", out);
    if (a.health && b.health) {
        compare_checks(*a.health, *b.health, out);
    } else {
        keys.add("health", a.health, b.health);
    }
    if (a.eject && b.eject) {
        compare_ejection(*a.eject, *b.eject, out);
    } else {
        keys.add("eject", a.eject, b.eject);
    }
    keys.add("slow_start", a.slow_start, b.slow_start);
    keys.add("dead_tunnels", a.dead_tunnels, b.dead_tunnels);
    keys.add("panic_threshold", percent_text(a.panic_threshold), percent_text(b.panic_threshold));
}

const std::string& name_of(const listen_options& item) { return item.address.text; }
const std::string& name_of(const backend_options& item) { return item.address.text; }
const std::string& name_of(const pool_options& item) { return item.name; }
const std::string& name_of(const route_options& item) { return item.name; }

std::vector<key_change> changed_keys(const pool_options& a, const pool_options& b) { return compare(a, b); }

// Finds items by name, however many there are.
template <class Item>
class name_index
{
public:
    explicit name_index(const std::vector<Item>& items)
    {
        for (const auto& each : items) {
            by_name_.emplace(name_of(each), &each);
        }
    }

    const Item* find(const std::string& name) const
    {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

private:
    std::unordered_map<std::string_view, const Item*> by_name_;
};

template <class Item>
void compare_items(const std::vector<Item>& before, const std::vector<Item>& after,
                   std::vector<item_change>& out, const std::string& pool = {})
{
    const name_index earlier(before);
    const name_index later(after);
    for (const auto& old : before) {
        if (later.find(name_of(old)) == nullptr) {
            out.push_back({change_kind::removed, name_of(old), pool, {}});
        }
    }
    for (const auto& fresh : after) {
        const auto* old = earlier.find(name_of(fresh));
        if (old == nullptr) {
            out.push_back({change_kind::added, name_of(fresh), pool, {}});
        } else if (auto keys = changed_keys(*old, fresh); !keys.empty()) {
            out.push_back({change_kind::changed, name_of(fresh), pool, std::move(keys)});
        }
    }
}

// The names of those in `of` that `other` has, too, in their order.
std::vector<std::string_view> common_names(const std::vector<route_options>& of,
                                           const std::vector<route_options>& other)
{
    const name_index known(other);
    std::vector<std::string_view> names;
    for (const auto& each : of) {
        if (known.find(each.name) != nullptr) {
            names.push_back(each.name);
        }
    }
    return names;
}

} // namespace

std::string_view word_of(change_kind what) noexcept
{
    switch (what) {
    case change_kind::added: return "added";
    case change_kind::removed: return "removed";
    case change_kind::changed: return "changed";
    }
    return "";
}

std::vector<key_change> compare(const pool_options& a, const pool_options& b)
{
    std::vector<key_change> out;
    const key_comparison keys("pool.NAME", "", out);
    keys.add("discover", a.discover, b.discover);
    keys.add("balance", a.balance, b.balance);
    if (a.source != b.source || a.transparent != b.transparent) {
        out.push_back({"source", "", "", false});
    }
    keys.add("ports", a.ports, b.ports);
    keys.add("port_selection", a.port_selection, b.port_selection);
    keys.add("proxy_protocol", a.proxy_protocol, b.proxy_protocol);
    keys.add("connect_timeout", a.connect_timeout, b.connect_timeout);
    keys.add("response_timeout", a.response_timeout, b.response_timeout);
    keys.add("total_timeout", a.total_timeout, b.total_timeout);
    keys.add("backoff", a.backoff, b.backoff);
    keys.add("max_backoff", a.max_backoff, b.max_backoff);
    compare_health(a, b, out);
    keys.add("rebalance", a.rebalance, b.rebalance);
    keys.add("queue", a.queue, b.queue);
    keys.add("max_pending", a.max_pending, b.max_pending);
    keys.add("tls", a.tls, b.tls);
    keys.add("retry", a.retry, b.retry);
    keys.add("hedge", a.hedge, b.hedge);
    keys.add("sticky", a.sticky, b.sticky);
    return out;
}

config_diff compare(const config& before, const config& after)
{
    config_diff out;
    compare_items(before.listeners, after.listeners, out.listeners);
    compare_items(before.pools, after.pools, out.pools);
    const name_index earlier(before.pools);
    for (const auto& pool : after.pools) {
        if (const auto* old = earlier.find(pool.name)) {
            compare_items(old->backends, pool.backends, out.backends, pool.name);
        }
    }
    compare_items(before.routes, after.routes, out.routes);
    compare_process(before, after, out.settings);
    compare_waits(before, after, out.settings);
    compare_bounds(before, after, out.settings);
    compare_tls(before.tls, after.tls, out.settings);
    if (common_names(before.routes, after.routes) != common_names(after.routes, before.routes)) {
        out.settings.push_back({"order of routes", "", "", false});
    }
    return out;
}

} // namespace fairlead::conf
