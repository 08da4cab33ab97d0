// The second half of an exchange: the answer to the client, whoever gives it.
#include "proxy/http/exchange.hpp"

#include "proxy/http/compression_use.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/fields_lookup.hpp"
#include "proxy/net/address.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

namespace fairlead::http {
namespace {

// Why there was no TLS with a backend.
std::string_view reason_of(tls::fault what)
{
    switch (what) {
    case tls::fault::expired: return "the backend's certificate has expired";
    case tls::fault::wrong_name: return "the backend's certificate is for another name";
    case tls::fault::unknown_ca: return "the backend's certificate is of a CA that is not trusted";
    case tls::fault::revoked: return "the backend's certificate is revoked";
    case tls::fault::bad_certificate: return "the backend's certificate is not good";
    case tls::fault::garbage:
    case tls::fault::plain_http: return "the backend does not speak TLS";
    case tls::fault::no_shared_version:
    case tls::fault::no_shared_cipher:
    case tls::fault::no_shared_protocol: return "the backend has no version, cipher or protocol in common";
    case tls::fault::unknown_name:
    case tls::fault::client_certificate_missing:
    case tls::fault::refused_by_peer: return "the backend refused the TLS handshake";
    case tls::fault::timeout:
        return "the TLS handshake with the backend took longer than timeouts.tls_handshake";
    case tls::fault::truncated:
    case tls::fault::close_notify_missing:
    case tls::fault::reset: return "the backend ended the TLS handshake";
    case tls::fault::bad_record:
    case tls::fault::other: break;
    }
    return "the TLS handshake with the backend failed";
}

} // namespace

// The field that leads the client back to the backend it got; empty when it needs none.
std::string exchange::sticky_line()
{
    const upstream::stickiness* const rules = connecting_.sticky.rules;
    const upstream::sticky_wish& wish = connecting_.sticky.wish;
    if (rules == nullptr) return {};
    const auto wanted = wish.key != 0 ? std::optional(rules->owner(wish.key)) : wish.position;
    if (wanted == connected_.position) return {};
    if (wanted) asked_.route->pool().cells[*wanted]->sticky_diversions.add();
    return rules->is_by_cookie() ? rules->set_cookie_line(connected_.position, came_securely())
                                 : std::string();
}

// As far as it is known: a trusted peer may have ended the client's TLS.
bool exchange::came_securely() const
{
    if (asked_.tls != nullptr) return true;
    const auto proto = asked_.fields.find("X-Forwarded-Proto");
    return asked_.is_peer_trusted && proto && equal_ignoring_case(*proto, "https");
}

// Writes the head that the client gets, and says whether its connection is kept behind this answer.
bool exchange::write_response_head(compression_use& compression)
{
    std::string own_lines = sticky_line();
    own_lines += asked_.cors_lines(&response_);
    const answer_edits changed = edits();
    const conf::edge_options& edge = asked_.route->options().edge;
    if (edge.compression) {
        compression.begin(*edge.compression,
                          {asked_.fields, asked_.facts, response_, facts_, edge.response_headers},
                          services_.encoders, asked_.route->http_cells().compression, own_lines);
    }
    const response_facts& sent = compression.facts_or(facts_);
    const body_framing to_client = framing_to_client(sent, asked_.facts.version_minor);
    response_forwarding how;
    how.client_version_minor = asked_.facts.version_minor;
    how.keep_alive =
        asked_.facts.keep_alive && !is_leaving() && !body_is_running() &&
        body_end_ == transfer_end::complete && to_client.kind != framing_kind::until_close &&
        (intent_ == upgrade_intent::none || asked_.ahead.empty()); // else it spoke the new protocol
    how.request_id_name = config().forward.request_id;
    how.request_id = asked_.id;
    how.via_name = config().forward.via ? std::string_view(config().forward.via_name) : std::string_view();
    how.hsts_line = hsts_line();
    how.own_lines = own_lines;
    how.edits = changed.has_any() ? &changed : nullptr;
    how.without = compression.dropped();
    how.date_line = services_.date.at(std::chrono::system_clock::now());
    how.set_headers = edge.response_headers;
    response_out_.clear();
    append_response_head(response_out_, response_, sent, how);
    return how.keep_alive;
}

body_transfer exchange::response_body(const compression_use& compression)
{
    upstream::connection& made = *connected_.made;
    const body_framing to_client =
        framing_to_client(compression.facts_or(facts_), asked_.facts.version_minor);
    const bool to_chunked =
        facts_.framing.kind != framing_kind::none && to_client.kind == framing_kind::chunked;
    body_transfer body{made.stream,
                       client_,
                       limit_,
                       facts_.framing,
                       to_chunked,
                       response_out_,
                       made.unread.unread().substr(response_head_bytes_)};
    body.read_timeout = config().timeouts.response_body;
    body.write_timeout = config().timeouts.write;
    body.counted = &asked_.route->http_cells().bytes[metrics::direction::to_client];
    body.drops_trailers = facts_.connection.names_any(); // they may be of this hop (RFC 9110 7.6.1)
    body.encoder = compression.encoder();
    return body;
}

// Its frame is to stay below a KiB, so that it is recycled: what needs much room is in the two above.
net::task<afterwards> exchange::forward_response()
{
    if (const conf::error_page* page = intercepting_page()) co_return co_await answer_instead(*page);
    record_answer();
    compression_use compression;
    const bool keeps = write_response_head(compression);
    asked_.status = facts_.status;
    body_transfer body = response_body(compression);
    // A request body that is still coming no longer has a deadline of its own: its end must not cut the
    // answer.
    body_limit_.guard(nullptr);
    auto end = transfer_at_once(body);
    if (!end) end = co_await transfer(body);
    asked_.bytes_to_client = body.encoder != nullptr ? body.encoder->bytes_out() : body.bytes;
    co_return after_response(*end, body, keeps);
}

afterwards exchange::after_response(transfer_end end, const body_transfer& body, bool keeps)
{
    if (end == transfer_end::complete) {
        const bool is_clean =
            !body.source_ended && body.behind.empty() && body.ahead_used == body.ahead.size();
        if (is_clean) keep_connection();
        return keeps && !body_is_running() ? afterwards::keep : afterwards::close;
    }
    if (total_.is_over()) {
        asked_.reason = "the answer was not through within timeouts.total";
        return afterwards::abort;
    }
    switch (end) {
    case transfer_end::sink_failed: asked_.reason = "the client left before the answer's end"; break;
    case transfer_end::sink_overdue: asked_.reason = "the client took no bytes for timeouts.write"; break;
    case transfer_end::source_overdue:
        asked_.reason = "the backend sent nothing for timeouts.response_body";
        break;
    case transfer_end::source_malformed: asked_.reason = "the backend's chunked coding is wrong"; break;
    case transfer_end::source_failed:
        asked_.reason = client_left_ ? "the client left before the answer's end"
                                     : "the backend ended before its answer did";
        break;
    case transfer_end::too_large:
    case transfer_end::complete: break;
    }
    return afterwards::abort;
}

// Why the backend's 101 is not the one that was asked for; nothing when it is.
std::optional<std::string_view> exchange::refuse_switch(websocket::agreement& agreed) const
{
    if (intent_ == upgrade_intent::plain) {
        const bool names_upgrade = facts_.connection.upgrade && response_.count(field_id::upgrade) == 1;
        if (names_upgrade && equal_ignoring_case(*response_.find(field_id::upgrade), upgrade_token_))
            return std::nullopt;
        return "the backend's 101 switches to another protocol";
    }
    const websocket::agreement_verdict verdict = websocket::check_response(response_, offer_);
    if (verdict.has_error()) return websocket::reason_of(verdict.error());
    agreed = *verdict;
    return std::nullopt;
}

net::task<afterwards> exchange::begin_tunnel()
{
    upstream::connection& made = *connected_.made;
    websocket::agreement agreed;
    if (const auto refused = refuse_switch(agreed)) {
        record_failure(health::failure_kind::malformed);
        co_return co_await answer(502, metrics::refusal::bad_response, *refused);
    }
    record_answer();
    response_forwarding how;
    how.request_id_name = config().forward.request_id;
    how.request_id = asked_.id;
    how.via_name = config().forward.via ? std::string_view(config().forward.via_name) : std::string_view();
    how.hsts_line = hsts_line();
    const std::string sticky = sticky_line();
    how.own_lines = sticky;
    how.date_line = services_.date.at(std::chrono::system_clock::now());
    how.set_headers = asked_.route->options().edge.response_headers;
    response_out_.clear();
    append_response_head(response_out_, response_, facts_, how);
    total_.stop();
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(response_out_));
    limit_.disarm();
    if (error) co_return give_up("the client left before the 101");

    const bool is_websocket = intent_ == upgrade_intent::websocket;
    websocket::tunnel_start start;
    start.is_websocket = is_websocket;
    start.sticky_key = connecting_.sticky.wish.key;
    start.reserved_bits = agreed.reserved_bits();
    start.origin = asked_.route->origin({connected_.position, is_websocket}, *asked_.came_by);
    const bool was_overtaken = asked_.service != services_.current;
    if (was_overtaken && !services_.current->takes(*start.origin)) services_.strays.push_back(start.origin);
    start.from_client = asked_.ahead;
    start.from_backend = made.unread.unread().substr(response_head_bytes_);
    const std::string source = net::to_string(net::local_of(made.stream.fd()));
    start.texts = {asked_.id,
                   asked_.client_address,
                   source,
                   asked_.host,
                   asked_.facts.path,
                   agreed.subprotocol,
                   asked_.fields.find("User-Agent").value_or(std::string_view()),
                   asked_.user,
                   asked_.trace.id()};
    const auto now = std::chrono::steady_clock::now();
    start.times.accepted = websocket::short_time(now - asked_.accepted_at);
    start.times.head_read = websocket::short_time(now - asked_.began_at);
    if (!made.is_reused) {
        start.times.dialled = websocket::short_time(now - made.dialled_at);
        start.times.connected = websocket::short_time(now - made.connected_at);
    }
    const auto handshake = now - asked_.began_at;
    if (start.origin->cells != nullptr) start.origin->cells->handshake.observe(handshake);
    asked_.route->http_cells().requests[metrics::status_class::informational].add();
    start.source = std::move(made.source);
    start.use = std::move(connected_.use);
    start.of_route = std::move(of_route_);
    start.of_client = std::move(of_client_);
    // Only now: tickets that the backend gave were taken for the next handshakes until here.
    if (made.stream.tls() != nullptr) (void)made.stream.tls()->go_on_alone();
    start.client = client_.release();
    start.backend = made.stream.release();
    const fields_lookup headers(asked_.fields);
    services_.log.tunnel_opened(*start.origin, start.texts,
                                {std::chrono::duration_cast<std::chrono::microseconds>(handshake),
                                 std::chrono::duration_cast<std::chrono::microseconds>(asked_.queued),
                                 asked_.tls, &headers});
    services_.relay.launch(std::move(start));
    co_return afterwards::tunnelled;
}

// One that came before the whole request was sent has no time.
void exchange::record_answer()
{
    if (std::exchange(is_told_, true)) return;
    pool().record_answer(*connected_.made->to, facts_.status);
    if (asked_whole_at_)
        pool().record_answer_time(connected_.position, facts_.status,
                                  std::chrono::steady_clock::now() - *asked_whole_at_);
}

void exchange::record_failure(health::failure_kind how)
{
    if (std::exchange(is_told_, true)) return;
    pool().record_failure(*connected_.made->to, how, std::chrono::steady_clock::now());
}

net::task<afterwards> exchange::fail(head_outcome why)
{
    if (total_.is_over()) co_return co_await fail_by_total();
    switch (why) {
    case head_outcome::overdue:
        record_failure(health::failure_kind::overdue);
        co_return co_await answer(504, metrics::refusal::response_timeout,
                                  "the backend did not answer within timeouts.response");
    case head_outcome::malformed: {
        record_failure(health::failure_kind::malformed);
        const std::string_view reason = asked_.reason;
        spdlog::debug("backend {} of pool {}: unusable answer: {}", asked_.backend, pool().name(), reason);
        co_return co_await answer(502, metrics::refusal::bad_response, reason);
    }
    case head_outcome::ready:
    case head_outcome::unseen:
    case head_outcome::failed:
        // An unseen request met a kept connection that had ended in order.
        if (why == head_outcome::failed) record_failure(health::failure_kind::broken);
        co_return co_await answer(502, metrics::refusal::bad_response,
                                  "the backend ended the connection unanswered");
    case head_outcome::stopped: break;
    }
    if (body_end_ == transfer_end::source_overdue)
        co_return co_await answer(408, metrics::refusal::body_timeout,
                                  "nothing of the request body came for timeouts.body");
    if (body_end_ == transfer_end::source_malformed)
        co_return co_await answer(400, metrics::refusal::bad_request,
                                  "the request body's chunked coding is wrong");
    if (body_end_ == transfer_end::too_large)
        co_return co_await answer(413, metrics::refusal::body_too_large, "the request body is too large");
    if (body_end_ == transfer_end::sink_overdue) {
        record_failure(health::failure_kind::overdue);
        co_return co_await answer(504, metrics::refusal::response_timeout,
                                  "the backend took no bytes for timeouts.write");
    }
    co_return give_up("the client left before the answer");
}

net::task<afterwards> exchange::fail_by_total()
{
    co_return co_await answer(504, metrics::refusal::response_timeout,
                              "the exchange took longer than timeouts.total");
}

net::task<afterwards> exchange::fail_connect()
{
    if (connected_.refused != upstream::no_room::none) co_return co_await refuse_for_room();
    if (!connected_.was_any_tried)
        co_return co_await answer(503, metrics::refusal::no_backend, "no backend can be tried",
                                  "Retry-After: 1\r\n");
    switch (connected_.failure) {
    case metrics::dial_failure::ports_exhausted:
        co_return co_await answer(503, metrics::refusal::ports_exhausted, "no source port is free",
                                  "Retry-After: 1\r\n");
    case metrics::dial_failure::unresolved:
        co_return co_await answer(503, metrics::refusal::no_backend, "the backend's name does not resolve",
                                  "Retry-After: 1\r\n");
    case metrics::dial_failure::no_client_address:
        co_return co_await answer(503, metrics::refusal::no_backend,
                                  "no backend can be dialled from the client's address",
                                  "Retry-After: 1\r\n");
    case metrics::dial_failure::no_resources:
        co_return co_await answer(503, metrics::refusal::no_backend,
                                  "this proxy is out of descriptors or memory", "Retry-After: 1\r\n");
    case metrics::dial_failure::timeout:
        co_return co_await answer(504, metrics::refusal::connect_failed,
                                  "no backend accepted within timeouts.connect");
    case metrics::dial_failure::tls:
        co_return co_await answer(502, metrics::refusal::connect_failed,
                                  reason_of(connected_.tls_fault.value_or(tls::fault::other)));
    case metrics::dial_failure::refused:
    case metrics::dial_failure::unreachable:
    case metrics::dial_failure::other: break;
    }
    co_return co_await answer(502, metrics::refusal::connect_failed, "no backend could be reached");
}

// The connection is kept when the client's next bytes are certain to be a request.
net::task<afterwards> exchange::answer(unsigned status, metrics::refusal why, std::string_view reason,
                                       std::string_view header_lines)
{
    services_.shard.own().refusals[why].add();
    const bool keeps = asked_.facts.keep_alive && !is_leaving() && !asked_.facts.framing.has_body() &&
                       !asked_.facts.is_upgrade;
    const std::string cors = asked_.cors_lines();
    response_out_.clear();
    append_error_response(response_out_, status, reason,
                          {keeps, asked_.facts.method == method_kind::head, header_lines, hsts_line(),
                           services_.date.at(std::chrono::system_clock::now()), cors, asked_.page_for(status),
                           asked_.id});
    asked_.status = status;
    asked_.reason = reason;
    limit_.guard(&client_.lowest_layer());
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(response_out_));
    limit_.disarm();
    co_return error || !keeps ? afterwards::close : afterwards::keep;
}

afterwards exchange::give_up(std::string_view reason)
{
    asked_.reason = reason;
    asked_.status = 0;
    return afterwards::close;
}

} // namespace fairlead::http
