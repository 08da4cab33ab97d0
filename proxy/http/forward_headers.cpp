#include "proxy/http/forward_headers.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/http/path_mapping.hpp"
#include "proxy/http/trace_context.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace fairlead::http {

namespace {

constexpr std::size_t max_request_id_length = 128;

void append_line(std::string& out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\r\n");
}

// A field as it was parsed. Almost every field was sent as "Name: value", and then goes on in one piece.
void append_field(std::string& out, const field& f)
{
    const char* const colon = f.name.data() + f.name.size();
    if (f.value.data() == colon + 2 && colon[1] == ' ') {
        out.append(f.name.data(), f.name.size() + 2 + f.value.size()).append("\r\n");
    } else {
        append_line(out, f.name, f.value);
    }
}

void append_number(std::string& out, std::uint64_t value)
{
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_framing(std::string& out, const body_framing& framing)
{
    switch (framing.kind) {
    case framing_kind::none:
    case framing_kind::until_close: return;
    case framing_kind::chunked: out.append("Transfer-Encoding: chunked\r\n"); return;
    case framing_kind::length:
        out.append("Content-Length: ");
        append_number(out, framing.length);
        out.append("\r\n");
        return;
    }
}

// One forward less: this one (RFC 9110 7.6.2). Who is asked for none does not forward.
void append_max_forwards(std::string& out, const request_facts& facts)
{
    if (!facts.max_forwards || *facts.max_forwards == 0) return;
    out.append("Max-Forwards: ");
    append_number(out, *facts.max_forwards - 1);
    out.append("\r\n");
}

void append_via(std::string& out, unsigned received_minor, std::string_view name)
{
    if (name.empty()) return;
    out.append(received_minor == 0 ? "Via: 1.0 " : "Via: 1.1 ").append(name).append("\r\n");
}

// Fields that end at this hop in both directions, or are written anew from the facts (RFC 9110 7.6.1).
bool is_of_this_hop(field_id id)
{
    switch (id) {
    case field_id::connection:
    case field_id::content_length:
    case field_id::http2_settings:
    case field_id::keep_alive:
    case field_id::proxy_connection:
    case field_id::te:
    case field_id::transfer_encoding:
    case field_id::upgrade: return true;
    case field_id::other:
    case field_id::date:
    case field_id::expect:
    case field_id::forwarded:
    case field_id::host:
    case field_id::max_forwards:
    case field_id::sec_websocket_accept:
    case field_id::sec_websocket_extensions:
    case field_id::sec_websocket_key:
    case field_id::sec_websocket_protocol:
    case field_id::sec_websocket_version:
    case field_id::trailer:
    case field_id::via:
    case field_id::x_forwarded: return false;
    }
    return false;
}

const conf::header_value* set_by_route(std::span<const conf::header_value> set, std::string_view name)
{
    for (const conf::header_value& header : set) {
        if (equal_ignoring_case(header.name, name)) return &header;
    }
    return nullptr;
}

bool tells_certificate(std::string_view name, const request_forwarding& how)
{
    return equal_ignoring_case(name, "X-Forwarded-Client-Cert") ||
           (!how.certificate_name.empty() && equal_ignoring_case(name, how.certificate_name));
}

bool strips_prefix(const request_facts& facts, const request_forwarding& how)
{
    return !how.strip_prefix.empty() && is_below(facts.path, how.strip_prefix);
}

bool goes_to_backend(const field& f, const request_facts& facts, const request_forwarding& how)
{
    if (is_of_this_hop(f.id) || f.id == field_id::host || facts.connection.names(f.name)) return false;
    if (f.id == field_id::expect) return facts.expects_continue;
    if (f.id == field_id::max_forwards) return !facts.max_forwards;
    if (tells_certificate(f.name, how)) return how.is_peer_trusted && how.certificate.empty();
    if (f.id == field_id::x_forwarded && how.x_forwarded)
        return how.is_peer_trusted && !equal_ignoring_case(f.name, "X-Forwarded-For") &&
               !(strips_prefix(facts, how) && equal_ignoring_case(f.name, "X-Forwarded-Prefix"));
    if (f.id == field_id::forwarded) return !how.forwarded;
    const bool is_offer =
        f.id == field_id::sec_websocket_protocol || f.id == field_id::sec_websocket_extensions;
    if (is_offer && how.replaces_offer) return false;
    if (how.replaces_trace && is_trace_field(f.name)) return false;
    if (f.name.find('_') != std::string_view::npos) return false;
    if (!how.request_id_name.empty() && equal_ignoring_case(f.name, how.request_id_name)) return false;
    return true;
}

// The path of the request as the backend sees it, with the query.
void append_target(std::string& out, const request_facts& facts, const request_forwarding& how)
{
    auto path = facts.path;
    if (!facts.is_asterisk) out.append(how.add_prefix); // "*" is no path (RFC 9112 3.2.4)
    if (strips_prefix(facts, how)) {
        path.remove_prefix(how.strip_prefix.size());
        if (!path.starts_with('/')) out.push_back('/');
    }
    out.append(path);
    if (facts.has_query) out.append("?").append(facts.query);
}

// A field of the proxy's own; the route's set_headers have the last word.
void append_own(std::string& out, const request_forwarding& how, std::string_view name,
                std::string_view value)
{
    if (set_by_route(how.set_headers, name) == nullptr) append_line(out, name, value);
}

// Another element behind it would be none where a quoted string has no end.
bool is_closed_list(std::string_view value)
{
    list_elements elements(value);
    while (elements.next()) {
    }
    return !elements.malformed();
}

// What a trusted peer sent in all fields of the name, as one list; whether there was anything.
bool append_received(std::string& out, const head& request, std::string_view name,
                     const request_forwarding& how)
{
    bool has_any = false;
    std::size_t from = 0;
    while (const auto value = how.is_peer_trusted ? request.find_next(name, from) : std::nullopt) {
        if (value->empty() || (name == "Forwarded" && !is_closed_list(*value))) continue;
        if (has_any) out.append(", ");
        out.append(*value);
        has_any = true;
    }
    return has_any;
}

void append_x_forwarded_for(std::string& out, const head& request, const request_forwarding& how)
{
    constexpr std::string_view name = "X-Forwarded-For";
    if (set_by_route(how.set_headers, name) != nullptr) return;
    const std::size_t before = out.size();
    out.append(name).append(": ");
    const bool has_received = append_received(out, request, name, how);
    if (!has_received && how.peer_ip.empty()) {
        out.erase(before);
        return;
    }
    if (has_received && !how.peer_ip.empty()) out.append(", ");
    out.append(how.peer_ip).append("\r\n");
}

// Proxies in a row each take their own prefix off: the client's is all of them, the outermost first.
void append_x_forwarded_prefix(std::string& out, const head& request, const request_facts& facts,
                               const request_forwarding& how)
{
    constexpr std::string_view name = "X-Forwarded-Prefix";
    if (!strips_prefix(facts, how) || set_by_route(how.set_headers, name) != nullptr) return;
    out.append(name).append(": ");
    std::size_t from = 0;
    while (const auto value = how.is_peer_trusted ? request.find_next(name, from) : std::nullopt) {
        list_elements elements(*value);
        while (const auto each = elements.next())
            out.append(each->substr(0, each->find_last_not_of('/') + 1));
    }
    out.append(how.strip_prefix).append("\r\n");
}

void append_x_forwarded(std::string& out, const head& request, const request_facts& facts,
                        const request_forwarding& how)
{
    const auto was_kept = [&](std::string_view name) {
        return how.is_peer_trusted && request.find(name).has_value();
    };
    append_x_forwarded_for(out, request, how);
    if (!was_kept("X-Forwarded-Proto")) append_own(out, how, "X-Forwarded-Proto", how.scheme);
    if (!facts.authority.empty() && !was_kept("X-Forwarded-Host"))
        append_own(out, how, "X-Forwarded-Host", facts.authority);
    append_x_forwarded_prefix(out, request, facts, how);
}

// RFC 7239 4, 6: an IPv6 address is bracketed and, as the host with its ":", quoted.
void append_forwarded(std::string& out, const head& request, const request_facts& facts,
                      const request_forwarding& how)
{
    if (set_by_route(how.set_headers, "Forwarded") != nullptr) return;
    out.append("Forwarded: ");
    if (append_received(out, request, "Forwarded", how)) out.append(", ");
    out.append("for=");
    if (how.peer_ip.empty()) {
        out.append("unknown");
    } else if (how.peer_ip.find(':') != std::string_view::npos) {
        out.append("\"[").append(how.peer_ip).append("]\"");
    } else {
        out.append(how.peer_ip);
    }
    if (!facts.authority.empty()) out.append(";host=\"").append(facts.authority).append("\"");
    out.append(";proto=").append(how.scheme).append("\r\n");
}

void append_upgrade_to_backend(std::string& out, const request_forwarding& how)
{
    switch (how.upgrade) {
    case upgrade_intent::none: return;
    case upgrade_intent::websocket: out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n"); return;
    case upgrade_intent::plain:
        out.append("Connection: Upgrade\r\n");
        append_line(out, "Upgrade", how.upgrade_token);
        return;
    }
}

void append_status_line(std::string& out, const head& response, unsigned status)
{
    out.append("HTTP/1.1 ");
    append_number(out, status);
    out.append(" ").append(response.reason()).append("\r\n");
}

bool names_one_of(std::span<const std::string_view> names, std::string_view field_name)
{
    return std::ranges::any_of(
        names, [field_name](std::string_view each) { return equal_ignoring_case(each, field_name); });
}

// 426 must say to what (RFC 9110 15.5.22); elsewhere an Upgrade offer is between the backend and us.
bool keeps_upgrade(const response_facts& facts) { return facts.is_switching || facts.status == 426; }

void append_connection_to_client(std::string& out, const response_facts& facts,
                                 const response_forwarding& how, bool closes)
{
    if (keeps_upgrade(facts)) {
        out.append(closes && !facts.is_switching ? "Connection: Upgrade, close\r\n"
                                                 : "Connection: Upgrade\r\n");
    } else if (closes) {
        out.append("Connection: close\r\n");
    } else if (how.client_version_minor == 0) {
        out.append("Connection: keep-alive\r\n");
    }
}

} // namespace

void append_request_head(std::string& out, const head& request, const request_facts& facts,
                         const request_forwarding& how)
{
    out.append(facts.method_text).append(" ");
    append_target(out, facts, how);
    out.append(" HTTP/1.1\r\n");
    append_own(out, how, "Host", facts.authority.empty() ? how.default_host : facts.authority);
    bool takes_trailers = false;
    for (const field f : request) {
        if (f.id == field_id::te) takes_trailers = takes_trailers || list_contains(f.value, "trailers");
        if (!goes_to_backend(f, facts, how) || set_by_route(how.set_headers, f.name) != nullptr) continue;
        append_field(out, f);
    }
    append_framing(out, facts.framing);
    if (takes_trailers && facts.version_minor != 0 && how.upgrade == upgrade_intent::none)
        out.append("Connection: TE\r\nTE: trailers\r\n");
    append_max_forwards(out, facts);
    append_upgrade_to_backend(out, how);
    if (how.replaces_offer && !how.subprotocols.empty())
        append_line(out, "Sec-WebSocket-Protocol", how.subprotocols);
    if (how.replaces_offer && !how.extensions.empty())
        append_line(out, "Sec-WebSocket-Extensions", how.extensions);
    if (set_by_route(how.set_headers, "Via") == nullptr) append_via(out, facts.version_minor, how.via_name);
    if (how.x_forwarded) append_x_forwarded(out, request, facts, how);
    if (how.forwarded) append_forwarded(out, request, facts, how);
    if (!how.request_id_name.empty()) append_own(out, how, how.request_id_name, how.request_id);
    if (!how.traceparent.empty()) append_own(out, how, "traceparent", how.traceparent);
    if (!how.certificate_name.empty() && !how.certificate.empty())
        append_own(out, how, how.certificate_name, how.certificate);
    for (const auto& header : how.add_headers)
        append_line(out, header.name, header.value);
    for (const auto& header : how.set_headers) {
        if (!header.value.empty()) append_line(out, header.name, header.value);
    }
    out.append("\r\n");
}

std::string_view chosen_request_id(const head& request, std::string_view name, std::string_view generated)
{
    if (name.empty()) return generated;
    const auto sent = request.find(name);
    return sent && sent->size() <= max_request_id_length && is_visible_ascii(*sent) ? *sent : generated;
}

body_framing framing_to_client(const response_facts& facts, unsigned client_version_minor)
{
    if (facts.framing.kind == framing_kind::chunked || facts.framing.kind == framing_kind::until_close) {
        return {client_version_minor == 0 ? framing_kind::until_close : framing_kind::chunked, 0};
    }
    return facts.framing;
}

void append_response_head(std::string& out, const head& response, const response_facts& facts,
                          const response_forwarding& how)
{
    const auto framing = framing_to_client(facts, how.client_version_minor);
    // A HEAD or 304 repeats what the body would have had, where the client's version knows it (RFC 9110 8.6).
    const bool only_declares =
        facts.framing.kind == framing_kind::none && facts.status != 204 && facts.status >= 200;
    append_status_line(out, response, facts.status);
    for (const field f : response) {
        const bool kept_upgrade = f.id == field_id::upgrade && keeps_upgrade(facts);
        if ((is_of_this_hop(f.id) && !kept_upgrade) || facts.connection.names(f.name)) continue;
        if (f.id == field_id::trailer && framing.kind != framing_kind::chunked) continue;
        if (!how.request_id_name.empty() && equal_ignoring_case(f.name, how.request_id_name)) continue;
        if (!how.hsts_line.empty() && equal_ignoring_case(f.name, "Strict-Transport-Security")) continue;
        if (set_by_route(how.set_headers, f.name) != nullptr) continue;
        if (!how.without.empty() && names_one_of(how.without, f.name)) continue;
        if (how.edits != nullptr && how.edits->append(out, f)) continue;
        append_field(out, f);
    }
    if (!only_declares) {
        append_framing(out, framing);
    } else if (facts.declared.kind == framing_kind::length || how.client_version_minor > 0) {
        append_framing(out, facts.declared);
    }
    append_connection_to_client(out, facts, how,
                                !how.keep_alive || framing.kind == framing_kind::until_close);
    if (set_by_route(how.set_headers, "Via") == nullptr) append_via(out, facts.version_minor, how.via_name);
    if (!how.request_id_name.empty() && set_by_route(how.set_headers, how.request_id_name) == nullptr)
        append_line(out, how.request_id_name, how.request_id);
    for (const auto& header : how.set_headers) {
        if (!header.value.empty()) append_line(out, header.name, header.value);
    }
    if (set_by_route(how.set_headers, "Strict-Transport-Security") == nullptr) out.append(how.hsts_line);
    if (response.count(field_id::date) == 0 && set_by_route(how.set_headers, "Date") == nullptr)
        out.append(how.date_line);
    out.append(how.own_lines).append("\r\n");
}

bool forwards_interim(const response_facts& facts, const request_facts& request)
{
    return facts.is_interim && request.version_minor > 0;
}

void append_interim_head(std::string& out, const head& response, const response_facts& facts)
{
    append_status_line(out, response, facts.status);
    for (const field f : response) {
        if (!is_of_this_hop(f.id) && !facts.connection.names(f.name)) append_field(out, f);
    }
    out.append("\r\n");
}

} // namespace fairlead::http
