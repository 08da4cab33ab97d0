#include "proxy/http/exchange.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/auth_check.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/field_syntax.hpp"
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
    , watch_(*this, client, services.wheel)
    , total_(*this, services.wheel)
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
    const std::string_view again = retry_later();
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
    total_.start(pool().total_timeout());
    std::exception_ptr failure;
    afterwards next = afterwards::close;
    try {
        next = co_await send_and_receive();
    } catch (...) {
        failure = std::current_exception();
    }
    if (hedge_) hedge_->give_up();
    if (body_is_running()) co_await stop_pump(); // it uses this object
    if (connected_.made) credentials::count_end(connected_.made->stream.tls(), services_.backend_tls);
    watch_.stop();
    total_.stop();
    limit_.disarm();
    limit_.guard(&client_.lowest_layer());
    if (failure) std::rethrow_exception(failure);
    co_return next;
}

std::string_view exchange::retry_later() const { return retry_soon_line(asked_.generated_id.front()); }

void exchange::abort() noexcept
{
    client_left_ = true;
    stop_asking();
    if (connected_.made) connected_.made->close();
    if (asking_ != nullptr) asking_->abort();
}

// What is waited for is cancelled; what would be waited for next fails, since the backend's side is closed.
void exchange::ran_out() noexcept
{
    stop_asking();
    client_.cancel();
    if (connected_.made) connected_.made->close();
    if (asking_ != nullptr) asking_->abort();
}

net::task<afterwards> exchange::send_and_receive()
{
    if (asked_.route->auth_pool() != nullptr) {
        if (const auto done = co_await ask_who_passes()) co_return *done;
    }
    write_request_head();
    if (const upstream::stickiness* rules = pool().sticky())
        connecting_.sticky = {rules,
                              find_sticky_wish(*rules, asked_.fields, asked_.facts, asked_.ends.client)};
    pool().earn_repeats();
    std::optional<head_outcome> first;
    if (pool().hedge() != nullptr)
        first = co_await attempt_in_two();
    else if (connect_at_once())
        first = co_await attempt();
    else if (co_await connect(intent_ == upgrade_intent::none))
        first = co_await attempt();
    if (total_.is_over()) co_return co_await fail_by_total();
    if (!first) co_return co_await fail_connect();
    head_outcome outcome = *first;
    while (const auto why = why_again(outcome)) {
        const bool has_another = co_await connect_again(*why);
        if (total_.is_over()) co_return co_await fail_by_total();
        if (!has_another && *why == metrics::retry_cause::unseen) co_return co_await fail_connect();
        if (!has_another) break; // what came of the last attempt stands
        outcome = co_await attempt();
    }
    if (outcome != head_outcome::ready) {
        if (body_is_running()) co_await stop_pump();
        co_return co_await fail(outcome);
    }
    if (facts_.is_switching) co_return co_await begin_tunnel();
    const afterwards next = co_await forward_response();
    if (body_is_running()) co_await stop_pump();
    co_return next;
}

// The usual case: a connection that is kept.
bool exchange::connect_at_once()
{
    if (intent_ != upgrade_intent::none) return false;
    upstream::connect_outcome made;
    if (!services_.connector.connect_at_once(connecting_, made)) return false;
    adopt(std::move(made));
    return true;
}

net::task<bool> exchange::connect(bool may_reuse)
{
    connecting_.may_reuse = may_reuse;
    if (pool().tls() != nullptr && before_tls_.empty()) {
        append_proxy_header(before_tls_, pool().proxy_protocol(), asked_.ends);
        connecting_.before_tls = before_tls_;
    }
    if (pool().queue()->takes_any()) watch_.start(client_watch::queue_interval_ms);
    upstream::connect_outcome made = co_await services_.connector.connect(connecting_);
    asked_.queued = connecting_.waited;
    const bool is_made = made.made != nullptr;
    if (is_made) request_head_.erase(0, std::exchange(header_bytes_, 0));
    adopt(std::move(made));
    if (is_made && !connected_.made->is_reused && pool().tls() == nullptr) begin_with_proxy_header();
    co_return is_made;
}

// It is the one that is used from here on.
void exchange::adopt(upstream::connect_outcome&& made)
{
    connected_ = std::move(made);
    if (!connected_.made) return;
    upstream::connection& to = *connected_.made;
    asked_.backend = to.to->address().text;
    limit_.guard(&client_.lowest_layer(), &to.stream.lowest_layer());
    body_limit_.guard(&client_.lowest_layer(), &to.stream.lowest_layer());
    sent_before_ = to.stream.bytes_sent();
}

// In front of the head, so that both are one packet.
void exchange::begin_with_proxy_header()
{
    std::string header;
    append_proxy_header(header, pool().proxy_protocol(), asked_.ends);
    header_bytes_ = header.size();
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
    how.replaces_trace = asked_.trace.replaces_fields();
    how.traceparent = asked_.trace.traceparent();
    how.certificate_name = options.client_certificate;
    how.certificate = asked_.certificate;
    if (asked_.tls != nullptr) how.scheme = "https";
    how.strip_prefix = route.strip_prefix;
    how.add_prefix = route.add_prefix;
    how.add_headers = route.add_headers;
    how.set_headers = asked_.set_headers();
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

// Sends the request, beside the wait for its answer when its body is still to come.
net::task<exchange::head_outcome> exchange::attempt()
{
    is_told_ = false;
    asked_whole_at_.reset();
    watch_.start();
    if (has_whole_body()) {
        body_transfer body = request_body();
        auto end = transfer_at_once(body);
        if (!end) end = co_await transfer(body);
        note_sent(body);
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
    limit_.arm(answer_timeout());
    if (pool().measures_answers()) asked_whole_at_ = std::chrono::steady_clock::now();
}

// Nothing: it is an interim one, and another follows.
std::optional<exchange::head_outcome> exchange::judge_head()
{
    const response_verdict verdict =
        check_response(response_, asked_for{asked_.facts.method, intent_ != upgrade_intent::none});
    if (verdict.has_error()) {
        asked_.reason = reason_of(verdict.error());
        return head_outcome::malformed;
    }
    facts_ = *verdict;
    return facts_.is_interim ? std::nullopt : std::optional(head_outcome::ready);
}

net::task<exchange::head_outcome> exchange::read_final_head()
{
    net::stream& from = connected_.made->stream;
    net::read_buffer& unread = connected_.made->unread;
    const conf::limit_options& limits = config().limits;
    response_head_parser parser(head_limits{limits.header_bytes, limits.header_count, limits.target_bytes});
    for (;;) {
        const parse_result parsed = parser.parse(unread.unread(), response_);
        if (parsed.status == parse_status::bad) {
            asked_.reason = reason_of(parsed.fault);
            co_return head_outcome::malformed;
        }
        if (parsed.status == parse_status::done) {
            response_head_bytes_ = parsed.consumed;
            if (const auto judged = judge_head()) co_return *judged;
            if (forwards_interim(facts_, asked_.facts)) {
                response_out_.clear();
                append_interim_head(response_out_, response_, facts_);
                const net::error_code error = co_await client_.write(std::string_view(response_out_));
                if (error) co_return head_outcome::stopped;
            }
            unread.consume(response_head_bytes_);
            parser.reset();
            continue;
        }
        if (is_stopped()) co_return head_outcome::stopped; // before this wait began, so no cancel will end it
        if (!from.may_be_readable()) {
            const auto [error] = co_await from.async_readable(net::as_result);
            if (error) co_return classify_read_failure(error);
        }
        const net::read_result got = from.try_read(unread.prepare(limits.header_bytes + 1));
        unread.commit(got.count);
        if (got.error && got.error != net::asio::error::would_block)
            co_return classify_read_failure(got.error);
    }
}

// The client left, or its body cannot be sent on: whatever the backend answers is for nobody.
bool exchange::is_stopped() const
{
    const bool has_body_failed = is_pumping_ && pump_done_.is_set() && body_end_ != transfer_end::complete &&
                                 body_end_ != transfer_end::sink_failed;
    return client_left_ || (hedge_ && hedge_->has_answer()) || has_body_failed ||
           (body_is_running() && body_limit_.expired());
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

void exchange::client_left() noexcept
{
    client_left_ = true;
    stop_asking();
    client_.cancel();
    if (connected_.made) connected_.made->stream.cancel();
}

} // namespace fairlead::http
