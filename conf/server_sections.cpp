#include "conf/server_sections.hpp"

#include "conf/admin_section.hpp"
#include "conf/http_syntax.hpp"
#include "conf/listen_address.hpp"
#include "conf/log_section.hpp"
#include "conf/peer_addresses.hpp"
#include "conf/process_section.hpp"
#include "conf/rate_keys.hpp"
#include "conf/tls_section.hpp"

#include <algorithm>

namespace fairlead::conf {

namespace {

std::optional<table_reader> section(const table_reader& top, std::string_view name)
{
    const auto* node = top.find(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    return table_reader(*node, {name, std::string(name), top.file(), top.errors()});
}

void read_timeouts(const table_reader& table, timeout_options& target)
{
    table.read("head", target.head);
    table.read("keep_alive", target.keep_alive);
    table.read("body", target.body);
    table.read("write", target.write);
    table.read("connect", target.connect);
    table.read("response", target.response);
    table.read("response_body", target.response_body);
    table.read("total", target.total);
    table.read("upstream_idle", target.upstream_idle);
    table.read("tls_handshake", target.tls_handshake);
}

void read_limits(const table_reader& table, limit_options& target)
{
    table.read("header_bytes", target.header_bytes);
    table.read("header_count", target.header_count);
    table.read("target_bytes", target.target_bytes);
    table.read("body_bytes", target.body_bytes);
    table.read("pending_bytes", target.pending_bytes);
    table.read("idle_upstream", target.idle_upstream);
    if (table.find("memory_limit") != nullptr) {
        byte_count most = 0;
        table.read("memory_limit", most);
        target.memory_limit = most;
    }
}

// The kernel counts these in seconds (tcp(7)).
void read_whole_seconds(const table_reader& table, std::string_view name, duration& target)
{
    table.read(name, target);
    if (target.count() % 1'000 != 0) {
        table.report(name, "wants whole seconds");
    }
}

void read_socket(const table_reader& table, socket_options& target)
{
    table.read("no_delay", target.no_delay);
    table.read("not_sent_low_water", target.not_sent_low_water);
    read_whole_seconds(table, "keepalive_idle", target.keepalive_idle);
    read_whole_seconds(table, "keepalive_interval", target.keepalive_interval);
    table.read("keepalive_count", target.keepalive_count);
    table.read("user_timeout", target.user_timeout);
    table.read("backlog", target.backlog);
}

void read_drain(const table_reader& table, drain_options& target)
{
    table.read("delay", target.delay);
    table.read("window", target.window);
    table.read("close_timeout", target.close_timeout);
    if (const auto order = table.choice("order")) {
        target.order = static_cast<drain_direction>(*order);
    }
}

// Whether the header that a key names can carry what it is for.
void check_carrier(const table_reader& table, std::string_view key, const std::string& header,
                   std::string_view what)
{
    if (!header.empty() && !is_token(header)) {
        table.report(key, in_quotes(header) + " is not a header name (RFC 9110 5.6.2)");
    } else if (is_reserved_field(header) || to_lower(header) == "host") {
        table.report(key,
                     in_quotes(header) + " has a meaning of its own and cannot carry " + std::string(what));
    }
}

void read_forward(const table_reader& table, forward_options& target)
{
    table.read("via", target.via);
    table.read("via_name", target.via_name);
    table.read("x_forwarded", target.x_forwarded);
    table.read("forwarded", target.forwarded);
    table.read("request_id", target.request_id);
    target.trusted_proxies = read_peers(table, "trusted_proxies");
    table.read("client_certificate", target.client_certificate);
    if (const auto how = table.choice("trace_context"))
        target.trace_context = static_cast<trace_handling>(*how);
    table.read("trace_sample", target.trace_sample);
    if (!is_token(target.via_name)) {
        table.report("via_name", in_quotes(target.via_name) + " is not a token (RFC 9110 5.6.2)");
    }
    check_carrier(table, "request_id", target.request_id, "an id");
    check_carrier(table, "client_certificate", target.client_certificate, "a certificate");
    if (!target.request_id.empty() && to_lower(target.request_id) == to_lower(target.client_certificate)) {
        table.report("client_certificate", "is the header of request_id already");
    }
}

} // namespace

void read_listeners(const table_reader& top, config_draft& draft)
{
    const auto* node = top.find("listen");
    if (node == nullptr) {
        return;
    }
    if (node->kind != node_kind::array) {
        top.report("listen", "each address to listen on is a table of its own: [[listen]]");
        return;
    }
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const auto place = top.where_item("listen", i);
        const table_reader table(node->items[i], {"listen", place.key, top.file(), top.errors()});
        const auto address = read_listen_address(table);
        if (!address) {
            continue;
        }
        if (!report_shared_address(table, *address, draft.value.listeners)) {
            const bool is_unix = address->what == endpoint::kind::unix_path;
            auto& added = draft.value.listeners.emplace_back(listen_options{
                *address,
                table.position(),
                read_peers(table, "proxy_protocol_from", is_unix ? peer_kind::unix_socket : peer_kind::ip),
                {}});
            read_rate(table, {"upgrade_rate", "upgrade_burst"}, added.upgrades);
            read_listen_tls(table, draft.value.tls, added);
            if (const auto how = table.choice("trace_context"))
                added.trace_context = static_cast<trace_handling>(*how);
        }
    }
}

void read_process_sections(const table_reader& top, config_draft& draft)
{
    auto& value = draft.value;
    top.read("workers", value.workers);
    if (const auto table = section(top, "process")) {
        read_process(*table, value.process);
    }
    read_admin_section(top, draft);
    if (const auto table = section(top, "timeouts")) {
        read_timeouts(*table, value.timeouts);
    }
    if (const auto table = section(top, "limits")) {
        read_limits(*table, value.limits);
    }
    if (const auto table = section(top, "socket")) {
        read_socket(*table, value.socket);
    }
    if (const auto table = section(top, "drain")) {
        read_drain(*table, value.drain);
    }
    if (const auto table = section(top, "reload")) {
        table->read("watch", value.reload.watch);
    }
    if (const auto table = section(top, "log")) {
        read_log(*table, value.log);
    }
    if (const auto table = section(top, "forward")) {
        read_forward(*table, value.forward);
    }
}

} // namespace fairlead::conf
