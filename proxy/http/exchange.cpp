#include "proxy/http/exchange.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/proxy_protocol.hpp"
#include "proxy/http/sticky_wish.hpp"
#include "proxy/net/tcp_info.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <exception>

namespace fairlead::http {
namespace {

constexpr net::milliseconds_count watch_interval_ms = 1'000;

// Refused clients that all came at once are not to come back at once. `random` is any byte that is.
std::string_view retry_line(char random)
{
    constexpr std::array<std::string_view, 4> lines{"Retry-After: 1\r\n", "Retry-After: 2\r\n",
                                                    "Retry-After: 3\r\n", "Retry-After: 4\r\n"};
    return lines[static_cast<unsigned char>(random) % lines.size()];
}

metrics::refusal counted_as(refusal_kind kind)
{
    if (kind == refusal_kind::unsupported_websocket_version) return metrics::refusal::websocket_version;
    return kind == refusal_kind::forbidden_origin ? metrics::refusal::origin
                                                  : metrics::refusal::upgrade_refused;
}

} // namespace

exchange::exchange(session_services& services, net::stream& client, net::deadline& limit, request& asked)
    : services_(services)
    , client_(client)
    , limit_(limit)
    , asked_(asked)
    , connecting_{*asked.route->pool().shared,
                  *asked.route->pool().balancer,
                  asked.route->pool().cells,
                  asked.service->shared->config.socket,
                  asked.ends,
                  {},
                  true,
                  {},
                  {}}
    , body_limit_(services.wheel)
    , pump_done_(services.executor)
    , watch_(*this)
{}

net::task<afterwards> exchange::run()
{
    const std::uint64_t most = config().limits.body_bytes;
    if (most != 0 && asked_.facts.framing.kind == framing_kind::length && asked_.facts.framing.length > most)
        co_return co_await answer(413, metrics::refusal::body_too_large, "the request body is too large");
    if (asked_.facts.is_upgrade && choose_upgrade()) {
        if (const auto refused = offer_websocket()) {
            const metrics::refusal why = counted_as(refused->kind);
            co_return co_await answer(refused->status, why, refused->reason, refused->header_lines);
        }
    }
    const std::string_view again = retry_line(asked_.generated_id.front());
    if (intent_ != upgrade_intent::none && !may_upgrade())
        co_return co_await answer(503, metrics::refusal::upgrade_rate,
                                  "too many upgrades come at once through this listener", again);
    if (asked_.route->is_draining())
        co_return co_await answer(503, metrics::refusal::draining, "the route is being drained", again);
    of_route_ = asked_.route->admit();
    if (!of_route_) {
        co_return co_await answer(503, metrics::refusal::route_full, "the route is at its max_connections",
                                  again);
    }
    auto of_client = asked_.route->admit_client(asked_.ends.client ? &*asked_.ends.client : nullptr);
    if (!of_client) {
        co_return co_await answer(429, metrics::refusal::client_full,
                                  "the client is at its max_connections_per_client", again);
    }
    of_client_ = std::move(*of_client);
    std::exception_ptr failure;
    afterwards next = afterwards::close;
    try {
        next = co_await send_and_receive();
    } catch (...) {
        failure = std::current_exception();
    }
    co_await stop_pump(); // it uses this object
    if (connected_.made) credentials::count_end(connected_.made->stream.tls(), services_.backend_tls);
    watch_.cancel();
    limit_.disarm();
    limit_.guard(&client_.lowest_layer());
    if (failure) std::rethrow_exception(failure);
    co_return next;
}

void exchange::abort() noexcept
{
    client_left_ = true;
    if (connected_.made) connected_.made->close();
}

net::task<afterwards> exchange::send_and_receive()
{
    write_request_head();
    if (const upstream::stickiness* rules = pool().sticky())
        connecting_.sticky = {rules,
                              find_sticky_wish(*rules, asked_.fields, asked_.facts, asked_.ends.client)};
    bool may_reuse = intent_ == upgrade_intent::none;
    for (int attempts = 1;; ++attempts) {
        const bool is_connected = co_await connect(may_reuse);
        if (!is_connected) co_return co_await fail_connect();
        const head_outcome outcome = co_await attempt();
        if (outcome == head_outcome::ready) break;
        if (outcome != head_outcome::unseen || attempts > 1 || !may_repeat()) {
            co_await stop_pump();
            co_return co_await fail(outcome);
        }
        asked_.route->pool().cells[connected_.position]->retries.add();
        may_reuse = false;
        connecting_.tried = {};
    }
    if (facts_.is_switching) co_return co_await begin_tunnel();
    const afterwards next = co_await forward_response();
    co_await stop_pump();
    co_return next;
}

net::task<bool> exchange::connect(bool may_reuse)
{
    connecting_.may_reuse = may_reuse;
    if (pool().tls() != nullptr && before_tls_.empty()) {
        append_proxy_header(before_tls_, pool().proxy_protocol(), asked_.ends);
        connecting_.before_tls = before_tls_;
    }
    connected_ = co_await services_.connector.connect(connecting_);
    if (!connected_.made) co_return false;
    upstream::connection& made = *connected_.made;
    asked_.backend = made.to->address().text;
    limit_.guard(&client_.lowest_layer(), &made.stream.lowest_layer());
    body_limit_.guard(&client_.lowest_layer(), &made.stream.lowest_layer());
    sent_before_ = made.stream.bytes_sent();
    if (!made.is_reused && pool().tls() == nullptr) begin_with_proxy_header();
    co_return true;
}

// In front of the head, so that both are one packet. A request is sent again on a new connection only after
// a kept one failed it, so the head has no header yet.
void exchange::begin_with_proxy_header()
{
    std::string header;
    append_proxy_header(header, pool().proxy_protocol(), asked_.ends);
    request_head_.insert(0, header);
}

void exchange::write_request_head()
{
    const conf::forward_options& options = config().forward;
    const conf::route_options& route = asked_.route->options();
    request_forwarding how;
    how.peer_ip = asked_.peer_ip;
    how.is_peer_trusted = asked_.is_peer_trusted;
    how.via_name = options.via ? std::string_view(options.via_name) : std::string_view();
    how.x_forwarded = options.x_forwarded;
    how.forwarded = options.forwarded;
    how.request_id_name = options.request_id;
    how.request_id = asked_.id;
    how.certificate_name = options.client_certificate;
    how.certificate = asked_.certificate;
    if (asked_.tls != nullptr) how.scheme = "https";
    how.strip_prefix = route.strip_prefix;
    how.set_headers = asked_.set_fields.empty() ? std::span(route.set_headers) : std::span(asked_.set_fields);
    how.default_host = pool().name();
    how.upgrade = intent_;
    how.upgrade_token = upgrade_token_;
    how.replaces_offer = narrowed_.is_narrowed;
    how.subprotocols = narrowed_.subprotocols;
    how.extensions = narrowed_.extensions;
    request_head_.clear();
    append_request_head(request_head_, asked_.fields, asked_.facts, how);
}

bool exchange::has_whole_body() const
{
    const body_framing& framing = asked_.facts.framing;
    return !framing.has_body() ||
           (framing.kind == framing_kind::length && framing.length <= asked_.ahead.size());
}

bool exchange::may_repeat() const { return has_whole_body(); }

// Sends the request, beside the wait for its answer when its body is still to come.
net::task<exchange::head_outcome> exchange::attempt()
{
    watch_.cancel();
    services_.wheel.arm(watch_, net::steady_now_ms(), watch_interval_ms);
    if (has_whole_body()) {
        const transfer_end end = co_await send_body();
        if (end == transfer_end::sink_overdue) co_return head_outcome::overdue;
        // A backend may have answered and closed before it read everything: look for that answer first.
        await_answer();
    } else {
        is_pumping_ = true;
        net::asio::co_spawn(services_.executor, pump_body(), net::asio::detached);
    }
    is_waiting_for_head_ = true;
    const head_outcome outcome = co_await read_final_head();
    is_waiting_for_head_ = false;
    limit_.disarm();
    co_return outcome;
}

// The backend has all of the request.
void exchange::await_answer()
{
    limit_.arm(pool().response_timeout());
    if (pool().measures_answers()) asked_whole_at_ = std::chrono::steady_clock::now();
}

net::task<transfer_end> exchange::send_body()
{
    const bool is_chunked = asked_.facts.framing.kind == framing_kind::chunked;
    body_transfer body{client_,    connected_.made->stream, body_limit_, asked_.facts.framing,
                       is_chunked, request_head_,           asked_.ahead};
    body.max_bytes = config().limits.body_bytes;
    body.read_timeout = config().timeouts.body;
    body.write_timeout = config().timeouts.write;
    body.counted = &asked_.route->http_cells().bytes[metrics::direction::to_backend];
    body.is_stopped = &is_stopping_;
    const transfer_end end = co_await transfer(body);
    asked_.bytes_from_client = body.bytes;
    asked_.ahead_used = body.ahead_used;
    asked_.behind = std::move(body.behind);
    co_return end;
}

net::task<> exchange::pump_body()
{
    try {
        body_end_ = co_await send_body();
    } catch (const std::exception&) {
        body_end_ = transfer_end::source_failed; // out of memory: the exchange ends as if the client had left
    }
    const bool is_clients_fault =
        body_end_ != transfer_end::complete && body_end_ != transfer_end::sink_failed;
    if (is_clients_fault && !is_stopping_)
        connected_.made->stream.cancel();
    else if (is_waiting_for_head_)
        await_answer();
    pump_done_.set();
}

net::task<> exchange::stop_pump()
{
    if (!body_is_running()) co_return;
    is_stopping_ = true;
    client_.cancel();
    connected_.made->stream.cancel();
    co_await pump_done_.wait();
}

net::task<exchange::head_outcome> exchange::read_final_head()
{
    for (;;) {
        const head_outcome outcome = co_await read_head();
        if (outcome != head_outcome::ready) co_return outcome;
        const response_verdict verdict =
            check_response(response_, asked_for{asked_.facts.method, intent_ != upgrade_intent::none});
        if (verdict.has_error()) {
            asked_.reason = reason_of(verdict.error());
            co_return head_outcome::malformed;
        }
        facts_ = *verdict;
        if (!facts_.is_interim) co_return head_outcome::ready;
        if (forwards_interim(facts_, asked_.facts)) {
            response_out_.clear();
            append_interim_head(response_out_, response_, facts_);
            const net::error_code error = co_await client_.write(std::string_view(response_out_));
            if (error) co_return head_outcome::stopped;
        }
        connected_.made->unread.consume(response_head_bytes_);
    }
}

net::task<exchange::head_outcome> exchange::read_head()
{
    net::read_buffer& unread = connected_.made->unread;
    const conf::limit_options& limits = config().limits;
    response_head_parser parser(head_limits{limits.header_bytes, limits.header_count, limits.target_bytes});
    for (;;) {
        const parse_result parsed = parser.parse(unread.unread(), response_);
        if (parsed.status == parse_status::done) {
            response_head_bytes_ = parsed.consumed;
            co_return head_outcome::ready;
        }
        if (parsed.status == parse_status::bad) {
            asked_.reason = reason_of(parsed.fault);
            co_return head_outcome::malformed;
        }
        if (is_stopped()) co_return head_outcome::stopped; // before this wait began, so no cancel will end it
        const std::span<char> room = unread.prepare(limits.header_bytes + 1);
        const net::read_result got = co_await connected_.made->stream.wait_and_read(room);
        unread.commit(got.count);
        if (got.error) co_return classify_read_failure(got.error);
    }
}

// The client left, or its body cannot be sent on: whatever the backend answers is for nobody.
bool exchange::is_stopped() const
{
    const bool has_body_failed = is_pumping_ && pump_done_.is_set() && body_end_ != transfer_end::complete &&
                                 body_end_ != transfer_end::sink_failed;
    return client_left_ || has_body_failed || (body_is_running() && body_limit_.expired());
}

exchange::head_outcome exchange::classify_read_failure(const net::error_code& error)
{
    if (is_stopped()) return head_outcome::stopped;
    if (limit_.expired()) return head_outcome::overdue;
    return was_unseen(error) ? head_outcome::unseen : head_outcome::failed;
}

// The backend ended its side before our bytes came: its FIN acknowledges none of them (RFC 9112 9.3.1,
// 9.3.2). When its reset followed, the error is EPIPE, which the kernel gives only to a connection that had
// seen that FIN. Of TLS it is the same proof, since the kernel counts records; a close_notify adds nothing to
// it, so a backend that leaves it out is not treated worse.
bool exchange::was_unseen(const net::error_code& error)
{
    upstream::connection& made = *connected_.made;
    const bool was_closed_in_order =
        error == net::asio::error::eof || error == net::asio::error::broken_pipe || error == net::truncated;
    if (!made.is_reused || !made.unread.empty() || !was_closed_in_order) return false;
    constexpr std::uint64_t syn = 1;
    const auto acknowledged = net::bytes_acknowledged(made.stream.fd());
    return acknowledged && *acknowledged <= sent_before_ + syn;
}

void exchange::client_watch::on_due(net::wheel_entry& entry) noexcept
{
    exchange& self = static_cast<client_watch&>(entry).owner;
    if (!self.body_is_running() && self.client_.is_gone()) {
        self.client_left_ = true;
        self.client_.cancel();
        if (self.connected_.made) self.connected_.made->stream.cancel();
        return;
    }
    self.services_.wheel.arm(entry, net::steady_now_ms(), watch_interval_ms);
}

} // namespace fairlead::http
