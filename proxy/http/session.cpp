#include "proxy/http/session.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/arrival.hpp"
#include "proxy/http/client_certificate.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/exchange.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/https_redirect.hpp"
#include "proxy/http/own_answer.hpp"
#include "proxy/http/route_gate.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/linger.hpp"
#include "tls/digest.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <spdlog/spdlog.h>

#include <array>
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

void fill_random_id(std::array<char, 32>& id)
{
    constexpr char digits[] = "0123456789abcdef";
    std::array<std::uint8_t, 16> bytes;
    tls::random_bytes(std::as_writable_bytes(std::span{bytes}));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        id[2 * i] = digits[bytes[i] >> 4];
        id[2 * i + 1] = digits[bytes[i] & 15];
    }
}

// The fields of a head as the route table asks for them.
class fields_lookup final : public routing::header_lookup
{
public:
    explicit fields_lookup(const head& fields)
        : fields_(fields)
    {}

    std::optional<std::string_view> next(std::string_view lower_name, std::size_t& from) const override
    {
        return fields_.find_next(lower_name, from);
    }

private:
    const head& fields_;
};

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

void session::abort() noexcept
{
    client_.close();
    if (running_ != nullptr) running_->abort();
}

net::task<> session::run()
{
    for (;;) {
        const head_outcome outcome = co_await read_head();
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

net::task<session::head_outcome> session::read_head()
{
    parser_ = request_head_parser(limits_of(config().limits));
    if (in_.empty()) {
        const head_outcome arrived = co_await wait_for_request();
        if (arrived != head_outcome::ready) co_return arrived;
    }
    limit_.arm(config().timeouts.head);
    for (;;) {
        const parse_result parsed = parser_.parse(in_.unread(), request_.fields);
        if (parsed.status == parse_status::done) {
            limit_.disarm();
            head_bytes_ = parsed.consumed;
            begin_request();
            request_.has_head = true;
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
        if (!got.error) continue;
        if (!limit_.expired()) co_return head_outcome::closed;
        begin_request();
        (void)co_await answer(408, metrics::refusal::head_timeout, "the request head did not arrive in time",
                              {}, false);
        co_return head_outcome::refused;
    }
}

// Between requests, and before the first, a connection holds no buffer and is let go in silence.
net::task<session::head_outcome> session::wait_for_request()
{
    if (is_leaving() && !client_.is_readable()) co_return head_outcome::closed;
    limit_.arm(config().timeouts.keep_alive);
    is_waiting_ = true;
    net::read_result got;
    do {
        got.error = co_await client_.wait_readable();
        if (got.error) break;
        got = client_.try_read(in_.prepare(config().limits.header_bytes + 1));
        if (got.error) in_.release(); // of TLS it may have been less than a record, or none with bytes in it
    } while (got.error == net::asio::error::would_block);
    is_waiting_ = false;
    limit_.disarm();
    in_.commit(got.count);
    co_return got.error ? head_outcome::closed : head_outcome::ready;
}

void session::begin_request()
{
    request_.facts = {};
    request_.service = services_.current;
    request_.route = nullptr;
    request_.has_head = false;
    request_.began_at = std::chrono::steady_clock::now();
    request_.reason = request_.backend = {};
    request_.status = 0;
    request_.bytes_from_client = request_.bytes_to_client = 0;
    request_.ahead = in_.unread().substr(std::min(head_bytes_, in_.unread().size()));
    request_.ahead_used = 0;
    request_.host.clear();
    fill_random_id(request_.generated_id);
    request_.id = {request_.generated_id.data(), request_.generated_id.size()};
    request_.ends = ends_;
    request_.came_by = &came_by();
    request_.client_address = peer_address_;
    request_.peer_ip = peer_ip_;
    request_.is_peer_trusted = false;
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

net::task<afterwards> session::serve()
{
    believe_trusted_peer();
    const request_verdict verdict = check_request(request_.fields);
    if (verdict.has_error()) {
        const refusal& why = verdict.error();
        co_return co_await answer(why.status, metrics::refusal::bad_request, why.reason, why.header_lines,
                                  false);
    }
    request_.facts = *verdict;
    lower_case_host(request_.facts, request_.host);
    request_.id = chosen_request_id(request_.fields, config().forward.request_id, request_.id);
    const bool may_keep = request_.facts.keep_alive && !request_.facts.framing.has_body();
    if (came_by().redirect_port != 0) co_return co_await redirect();
    if (!find_route()) {
        co_return co_await answer(404, metrics::refusal::no_route, "no route serves this host and path", {},
                                  may_keep);
    }
    if (is_leaving() && request_.facts.is_upgrade) {
        co_return co_await answer(503, metrics::refusal::draining, "this listener is closing",
                                  "Retry-After: 1\r\n", false);
    }
    const conf::edge_options& edge = request_.route->options().edge;
    const auto turned = turn_away(edge, request_.fields, request_.ends.client, request_.route->rates(),
                                  request_.began_at.time_since_epoch());
    if (turned) {
        co_return co_await answer(turned->status, turned->why, turned->reason, turned->header_lines,
                                  may_keep);
    }
    if (edge.is_final()) co_return co_await answer_by_route(may_keep);
    exchange now(services_, client_, limit_, request_);
    running_ = &now;
    const afterwards next = co_await now.run();
    running_ = nullptr;
    if (next != afterwards::tunnelled) log_request();
    co_return next;
}

bool session::find_route()
{
    const fields_lookup headers(request_.fields);
    const routing::request_key key{request_.host,
                                   request_.facts.path,
                                   request_.facts.query,
                                   request_.facts.method_text,
                                   request_.facts.is_websocket,
                                   headers,
                                   tls_ ? tls_->peer.get() : nullptr};
    const auto index = request_.service->shared->routes.match(key);
    if (index) request_.route = &request_.service->routes[*index];
    return index.has_value();
}

net::task<afterwards> session::answer(unsigned status, metrics::refusal why, std::string_view reason,
                                      std::string_view header_lines, bool may_keep)
{
    services_.shard.own().refusals[why].add();
    const bool keeps = may_keep && !is_leaving();
    const error_options options{keeps, request_.facts.method == method_kind::head, header_lines, hsts_line()};
    out_.clear();
    append_error_response(out_, status, reason, options);
    request_.status = status;
    request_.reason = reason;
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
    const auto where = https_location(facts.authority, request_.fields.target(), came_by().redirect_port);
    if (!where) {
        co_return co_await answer(400, metrics::refusal::bad_request, "there is no https to send this to", {},
                                  false);
    }
    const bool keeps = facts.keep_alive && !facts.framing.has_body() && !is_leaving();
    const std::string line = "Location: " + *where + "\r\n";
    request_.status = redirect_status(facts.method_text);
    out_.clear();
    append_error_response(out_, request_.status, {}, {keeps, facts.method == method_kind::head, line});
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(out_));
    limit_.disarm();
    log_request();
    co_return error || !keeps ? afterwards::close : afterwards::keep;
}

net::task<afterwards> session::answer_by_route(bool may_keep)
{
    const bool keeps = may_keep && !is_leaving() && !request_.facts.is_upgrade;
    out_.clear();
    request_.status =
        append_own_answer(out_, request_.route->options().edge,
                          {request_.facts, request_.host, tls_ ? "https" : "http", keeps, hsts_line()});
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(out_));
    limit_.disarm();
    log_request();
    co_return error || !keeps ? afterwards::close : afterwards::keep;
}

void session::log_request()
{
    const auto duration = std::chrono::steady_clock::now() - request_.began_at;
    if (request_.route != nullptr && request_.status != 0) {
        metrics::http_cells& cells = request_.route->http_cells();
        cells.requests[metrics::class_of(request_.status)].add();
        cells.latency.observe(duration);
    }
    log::exchange_record record;
    record.id = request_.id;
    record.client = request_.client_address;
    if (request_.has_head) {
        record.method = request_.fields.method();
        // Without the query, which may carry secrets.
        record.target = request_.fields.target().substr(0, request_.fields.target().find('?'));
    }
    record.host = request_.host;
    if (request_.route != nullptr) {
        record.route = request_.route->options().name;
        record.pool = request_.route->pool_name();
    }
    record.backend = request_.backend;
    record.reason = request_.reason;
    record.status = request_.status;
    record.bytes_from_client = request_.bytes_from_client;
    record.bytes_to_client = request_.bytes_to_client;
    record.tls = tls_.get();
    record.duration = std::chrono::duration_cast<std::chrono::microseconds>(duration);
    services_.log.exchange(record);
}

} // namespace fairlead::http
