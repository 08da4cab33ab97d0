#include "proxy/http/session.hpp"

#include "conf/canonical_path.hpp"
#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/arrival.hpp"
#include "proxy/http/client_certificate.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/fields_lookup.hpp"
#include "proxy/http/exchange.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/https_redirect.hpp"
#include "proxy/http/password_verifier.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/linger.hpp"
#include "proxy/net/memory_account.hpp"
#include "proxy/routing/path_readings.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <spdlog/spdlog.h>

#include <span>

namespace fairlead::http {
namespace {

constexpr std::uint32_t requests_per_turn = 16;

head_limits limits_of(const conf::limit_options& options)
{
    return {options.header_bytes, options.header_count, options.target_bytes};
}

metrics::refusal refusal_of(head_fault fault)
{
    switch (fault) {
    case head_fault::header_too_large:
    case head_fault::too_many_fields: return metrics::refusal::header_too_large;
    case head_fault::target_too_long: return metrics::refusal::target_too_long;
    case head_fault::none:
    case head_fault::malformed:
    case head_fault::bare_line_feed:
    case head_fault::obs_fold:
    case head_fault::unsupported_version: break;
    }
    return metrics::refusal::bad_request;
}

} // namespace

session::session(session_services& services, net::stream client, const arrival& how)
    : session_hook(how.by)
    , services_(services)
    , client_(std::move(client))
    , limit_(services.wheel)
    , parser_(limits_of(config().limits))
    , ends_(how.ends)
    , peer_ip_(ends_.client ? conf::to_string(ends_.client->ip) : std::string())
    , peer_address_(ends_.client ? net::to_string(*ends_.client) : "unix")
    , tls_(how.tls)
    , certificate_(tls_ && tls_->peer ? describe_certificate(*tls_->peer) : std::string())
{
    request_.accepted_at = how.accepted_at;
    limit_.guard(&client_.lowest_layer());
    services_.sessions.push_back(*this);
    services_.shard.own().sessions_open.add();
    services_.shard.own().connections_open.add();
}

session::~session()
{
    credentials::count_end(client_.tls(), services_.client_tls);
    services_.shard.own().sessions_open.sub();
    if (!is_tunnelled_) services_.shard.own().connections_open.sub();
    services_.sessions.erase(services_.sessions.iterator_to(*this));
    // Clients on Unix sockets are one owner: others of them may still be there.
    if (request_.has_kept_own && ends_.client)
        services_.idle.forget(upstream::connection_owner::client(ends_.client));
}

void session::drain() noexcept
{
    if (is_waiting_ && !client_.is_readable()) client_.cancel();
}

bool session::make_way(net::milliseconds_count before) noexcept
{
    if (!is_waiting_ || waiting_since_ > before || client_.is_readable()) return false;
    client_.cancel();
    return true;
}

void session::abort() noexcept
{
    // An answer that is cut off must not look like one that has come to its end.
    if (running_ != nullptr)
        client_.close_by_reset();
    else
        client_.close();
    if (running_ != nullptr) running_->abort();
    if (asking_ != nullptr) asking_->abort();
}

net::task<> session::run()
{
    for (;;) {
        parser_ = request_head_parser(limits_of(config().limits));
        if (in_.empty() && !co_await wait_for_request()) co_return;
        const parse_result parsed = parser_.parse(in_.unread(), request_.fields);
        head_outcome outcome = head_outcome::ready;
        if (parsed.status == parse_status::done)
            take_head(parsed);
        else
            outcome = co_await read_head(parsed);
        if (outcome == head_outcome::closed) co_return;
        afterwards next = afterwards::close;
        if (outcome == head_outcome::ready) next = co_await serve();
        is_tunnelled_ = next == afterwards::tunnelled;
        if (is_tunnelled_) co_return;
        if (next == afterwards::abort) {
            client_.close_by_reset();
            co_return;
        }
        if (next == afterwards::close || is_leaving()) {
            co_await net::linger(client_, limit_);
            co_return;
        }
        is_new_ = false;
        in_.consume(head_bytes_ + request_.ahead_used);
        in_.append(request_.behind);
        request_.behind.clear();
        request_.service.reset(); // an idle connection does not hold an old configuration
        if (in_.empty())
            in_.release();
        else
            co_await take_turns();
    }
}

// A client that pipelines without end gets its turns like everybody.
net::task<> session::take_turns()
{
    if (++pipelined_ % requests_per_turn != 0) co_return;
    constexpr net::asio::use_awaitable_t<net::executor> token{};
    co_await net::asio::post(services_.executor, token);
}

void session::take_head(const parse_result& parsed)
{
    head_bytes_ = parsed.consumed;
    begin_request();
    request_.has_head = true;
}

// The rest of a head of which not all came at once.
net::task<session::head_outcome> session::read_head(parse_result parsed)
{
    limit_.arm(config().timeouts.head);
    for (;;) {
        if (parsed.status == parse_status::done) {
            limit_.disarm();
            take_head(parsed);
            co_return head_outcome::ready;
        }
        if (parsed.status == parse_status::bad) {
            begin_request();
            (void)co_await answer(status_of(parsed.fault), refusal_of(parsed.fault), reason_of(parsed.fault),
                                  {}, false);
            co_return head_outcome::refused;
        }
        const std::span<char> room = in_.prepare(config().limits.header_bytes + 1);
        const net::read_result got = co_await client_.read_some(room);
        in_.commit(got.count);
        if (got.error) break;
        parsed = parser_.parse(in_.unread(), request_.fields);
    }
    if (!limit_.expired()) co_return head_outcome::closed;
    begin_request();
    (void)co_await answer(408, metrics::refusal::head_timeout,
                          "the request head did not arrive within timeouts.head", {}, false);
    co_return head_outcome::refused;
}

// Between requests, and before the first, a connection holds no buffer and is let go in silence: false.
net::task<bool> session::wait_for_request()
{
    if (is_leaving() && !client_.is_readable()) co_return false;
    limit_.arm(config().timeouts.keep_alive);
    is_waiting_ = true;
    waiting_since_ = services_.wheel.now();
    net::read_result got;
    do {
        if (!client_.may_be_readable()) {
            const auto [error] = co_await client_.async_readable(net::as_result);
            got.error = error;
            if (error) break;
        }
        got = client_.try_read(in_.prepare(config().limits.header_bytes + 1));
        if (got.error) in_.release(); // of TLS it may have been less than a record, or none with bytes in it
    } while (got.error == net::asio::error::would_block);
    is_waiting_ = false;
    if (got.error && limit_.expired())
        spdlog::debug("{} sent no request for timeouts.keep_alive", peer_address_);
    limit_.disarm();
    in_.commit(got.count);
    co_return !got.error;
}

void session::begin_request()
{
    request_.facts = {};
    request_.service = services_.current;
    request_.route = nullptr;
    request_.has_head = false;
    request_.began_at = std::chrono::steady_clock::now();
    request_.reason = request_.backend = request_.hedge = {};
    request_.status = 0;
    request_.attempts = 1;
    request_.queued = {};
    request_.bytes_from_client = request_.bytes_to_client = 0;
    request_.ahead = in_.unread().substr(std::min(head_bytes_, in_.unread().size()));
    request_.ahead_used = 0;
    request_.host.clear();
    request_.generated_id = random_request_id();
    request_.id = {request_.generated_id.data(), request_.generated_id.size()};
    request_.ends = ends_;
    request_.came_by = &came_by();
    request_.client_address = peer_address_;
    request_.peer_ip = peer_ip_;
    request_.is_peer_trusted = false;
    request_.known_fields.clear();
    request_.user.clear();
    request_.trace = {};
    request_.tls = tls_.get();
    request_.certificate = certificate_;
}

// A proxy in front says who its client is. The one of the request before may have been another.
void session::believe_trusted_peer()
{
    const conf::peer_list& trusted = config().forward.trusted_proxies;
    if (trusted.empty() || !holds(trusted, ends_.client)) return;
    request_.is_peer_trusted = true;
    const auto client = forwarded_client(request_.fields, trusted);
    if (!client) return;
    request_.ends.client = client;
    told_client_ = net::to_string(*client);
    request_.client_address = told_client_;
}

std::optional<session::early_answer> session::judge_request()
{
    const request_verdict verdict = check_request(request_.fields);
    if (verdict.has_error()) {
        const refusal& why = verdict.error();
        return early_answer{why.status, metrics::refusal::bad_request, why.reason, why.header_lines};
    }
    request_.facts = *verdict;
    // RFC 9110 7.4: a trusted peer may have ended the TLS.
    if (request_.facts.is_https_target && !tls_ && !request_.is_peer_trusted)
        return early_answer{421, metrics::refusal::bad_request, "an https target without TLS"};
    lower_case_host(request_.facts, request_.host);
    request_.facts.path = conf::canonical_path(request_.facts.path, path_room_);
    request_.id = chosen_request_id(request_.fields, config().forward.request_id, request_.id);
    follow_trace();
    if (!is_to_be_shed()) return std::nullopt;
    net::memory_account::count(metrics::shed::request);
    return early_answer{503, metrics::refusal::memory, "as much memory is in use as may be",
                        retry_soon_line(request_.generated_id.front())};
}

std::optional<session::early_answer> session::choose_route(bool may_keep)
{
    switch (find_route()) {
    case route_choice::found: break;
    case route_choice::none:
        return early_answer{
            404, metrics::refusal::no_route, "no route serves this host and path", {}, may_keep};
    case route_choice::in_doubt:
        return early_answer{400, metrics::refusal::bad_request, routing::path_in_doubt, {}, may_keep};
    }
    if (is_leaving() && request_.facts.is_upgrade)
        return early_answer{503, metrics::refusal::draining, "this listener is closing",
                            "Retry-After: 1\r\n"};
    return std::nullopt;
}

// Waits in few places: its frame is to stay below the 1,020 bytes that Asio keeps for the next one.
net::task<afterwards> session::serve()
{
    believe_trusted_peer();
    const std::optional<early_answer> refused = judge_request();
    if (refused)
        co_return co_await answer(refused->status, refused->cause, refused->reason, refused->header_lines,
                                  refused->keeps);
    if (came_by().redirect_port != 0) co_return co_await redirect();
    // After an Upgrade that was refused the client's next bytes may be the new protocol's.
    const bool may_keep =
        request_.facts.keep_alive && !request_.facts.framing.has_body() && !request_.facts.is_upgrade;
    const std::optional<early_answer> lost = choose_route(may_keep);
    if (lost)
        co_return co_await answer(lost->status, lost->cause, lost->reason, lost->header_lines, lost->keeps);
    if (request_.route->has_gate()) {
        if (const auto done = co_await meet_at_gate(may_keep)) co_return *done;
    }
    if (request_.facts.max_forwards == 0) co_return co_await answer_options(may_keep);
    const auto now = std::make_unique<exchange>(services_, client_, limit_, request_);
    running_ = now.get();
    const afterwards next = co_await now->run();
    running_ = nullptr;
    if (next != afterwards::tunnelled) log_request();
    co_return next;
}

// The id of a trace that begins here is that of the request which begins it.
void session::follow_trace()
{
    const conf::forward_options& options = config().forward;
    const auto how = came_by().trace_context.value_or(options.trace_context);
    request_.trace = request_trace(request_.fields, how, request_.is_peer_trusted);
    if (request_.trace.wants_beginning())
        request_.trace.begin(request_.generated_id, random_request_id(), options.trace_sample);
}

route_view* session::match_route(std::string_view method, std::string_view path) const
{
    const fields_lookup headers(request_.fields);
    const routing::request_key key{request_.host,
                                   path,
                                   request_.facts.query,
                                   method,
                                   request_.facts.is_websocket,
                                   headers,
                                   tls_ ? tls_->peer.get() : nullptr};
    const auto index = request_.service->shared->routes.match(key);
    return index ? &request_.service->routes[*index] : nullptr;
}

net::task<afterwards> session::answer(unsigned status, metrics::refusal why, std::string_view reason,
                                      std::string_view header_lines, bool may_keep)
{
    services_.shard.own().refusals[why].add();
    const bool keeps = may_keep && !is_leaving();
    const std::string cors = request_.cors_lines();
    const error_options options{keeps, asks_for_head(),           header_lines, hsts_line(), date_line(),
                                cors,  request_.page_for(status), request_.id};
    out_.clear();
    append_error_response(out_, status, reason, options);
    request_.status = status;
    request_.reason = reason;
    co_return co_await send_answer(keeps);
}

// Also of a head that was refused: no answer to HEAD has a body (RFC 9110 9.3.2).
bool session::asks_for_head() const
{
    std::string_view sent = in_.unread();
    if (sent.starts_with("\r\n")) sent.remove_prefix(2);
    return sent.starts_with("HEAD ");
}

// What the session itself wrote.
net::task<afterwards> session::send_answer(bool keeps)
{
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(out_));
    limit_.disarm();
    log_request();
    co_return error || !keeps ? afterwards::close : afterwards::keep;
}

// RFC 6797 7.2: over TLS alone.
std::string_view session::hsts_line() const noexcept
{
    return tls_ ? std::string_view(came_by().hsts_line) : std::string_view();
}

// A body would have to be read to its end before the next request: it ends the connection.
net::task<afterwards> session::redirect()
{
    const request_facts& facts = request_.facts;
    const auto where = https_location(facts, came_by().redirect_port);
    if (!where) {
        co_return co_await answer(400, metrics::refusal::bad_request, "there is no https to send this to", {},
                                  false);
    }
    const bool keeps = facts.keep_alive && !facts.framing.has_body() && !is_leaving();
    const std::string line = "Location: " + *where + "\r\n";
    request_.status = redirect_status(facts.method_text);
    out_.clear();
    append_error_response(out_, request_.status, {},
                          {keeps, facts.method == method_kind::head, line, {}, date_line()});
    co_return co_await send_answer(keeps);
}

} // namespace fairlead::http
