#include "proxy/upstream/health_probe.hpp"

#include "proxy/http/proxy_protocol.hpp"
#include "proxy/net/stream.hpp"
#include "proxy/upstream/probe_response.hpp"
#include "proxy/websocket/control_frame.hpp"
#include "proxy/websocket/handshake.hpp"
#include "proxy/websocket/pong_finder.hpp"
#include "tls/connection.hpp"
#include "tls/digest.hpp"
#include "tls/octets.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::upstream {
namespace {

namespace beast_http = boost::beast::http;
using metrics::check_failure;
using timer =
    net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

constexpr std::size_t most_head_bytes = 32 * 1024;
constexpr std::size_t most_body_bytes = 64 * 1024;
constexpr std::size_t most_interim_answers = 8;
constexpr std::uint16_t normal_closure = 1000; // RFC 6455 7.4.1

probe_result failed(check_failure how, std::string reason)
{
    return {health::check_outcome::fail, false, how, std::move(reason)};
}

probe_result not_asked(std::string reason)
{
    return {health::check_outcome::fail, true, check_failure::connect, std::move(reason)};
}

bool is_ours(const net::error_code& error) noexcept
{
    constexpr std::array ours{EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL};
    return std::ranges::find(ours, error.value()) != ours.end();
}

probe_result broken(const net::error_code& error)
{
    const bool is_end = error == net::asio::error::eof || error == beast_http::error::end_of_stream ||
                        error == beast_http::error::partial_message;
    return failed(check_failure::closed, is_end ? "the connection ended before the answer" : error.message());
}

// On IPv6 sockets too, these are set at the IP level (ip(7)).
bool bind_source(int fd, const conf::ip_address& source) noexcept
{
    const int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (source.is_v6) ::setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    const net::socket_address local = net::to_socket_address(source, 0);
    return ::bind(fd, local.data(), local.size) == 0;
}

net::error_code last_error() { return {errno, boost::system::system_category()}; }

bool contains(const conf::body_match& wanted, std::string_view body)
{
    if (!wanted.is_regex) return body.find(wanted.text) != body.npos;
    return RE2::PartialMatch(re2::StringPiece(body.data(), body.size()), RE2(wanted.text, RE2::Quiet));
}

// The operator's, and our own where they do not say it.
void append_fields(std::string& out, const conf::health_options& options)
{
    const auto append = [&out](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    const auto append_own = [&](std::string_view name, std::string_view value) {
        const auto is_it = [&](const conf::header_value& each) {
            return boost::beast::iequals(each.name, name);
        };
        if (std::ranges::none_of(options.headers, is_it)) append(name, value);
    };
    append_own("User-Agent", "fairlead-health");
    append_own("Accept", "*/*");
    for (const conf::header_value& each : options.headers)
        append(each.name, each.value);
    if (!options.subprotocol.empty()) append("Sec-WebSocket-Protocol", options.subprotocol);
}

probe_result passed() { return {health::check_outcome::pass, false, {}, {}}; }

} // namespace

probe_result judge_response(const conf::health_options& options, unsigned status, std::string_view body)
{
    const auto is_in = [&](const conf::status_range& each) {
        return status >= each.first && status <= each.last;
    };
    if (std::ranges::none_of(options.expect_status, is_in)) {
        const bool is_wish = status == 503;
        return {is_wish ? health::check_outcome::drain : health::check_outcome::fail, false,
                check_failure::status, "status " + std::to_string(status)};
    }
    if (options.expect_body.text.empty() || contains(options.expect_body, body)) return passed();
    return failed(check_failure::body, "the body does not contain what is expected");
}

// Lives until its coroutine has ended, which may be after the health_probe.
struct health_probe::run
{
    run(net::executor on, probe_target what, report_fn tell)
        : target(std::move(what))
        , report(std::move(tell))
        , stream(on)
        , limit(on)
    {}

    probe_target target;
    report_fn report;
    net::stream stream;
    timer limit;
    std::string prefix; // PROXY protocol, in front of the first bytes
    std::string_view awaited = "a connection";
    bool is_over = false;
    bool is_late = false;
    bool is_extended = false;
};

health_probe::health_probe(net::executor executor, probe_target target, report_fn report)
    : run_(std::make_shared<run>(executor, std::move(target), std::move(report)))
{
    net::asio::co_spawn(executor, carry_out(run_), net::asio::detached);
}

health_probe::~health_probe()
{
    run_->is_over = true;
    run_->stream.close();
    run_->limit.cancel();
}

// By as much as this thread comes late to it the limit is put off, once: while the thread was held up by
// something else, the answer may have arrived.
void health_probe::wait_for_limit(std::shared_ptr<run> one)
{
    one->limit.async_wait([one](const net::error_code& cancelled) {
        if (cancelled || one->is_over) return;
        if (!std::exchange(one->is_extended, true)) {
            const timer::duration late = timer::clock_type::now() - one->limit.expiry();
            const timer::duration most = one->target.options.timing.timeout;
            one->limit.expires_after(std::min(late, most));
            wait_for_limit(one);
            return;
        }
        one->is_late = true; // for a report; nobody hears of it after one
        one->stream.close();
    });
}

net::task<> health_probe::carry_out(std::shared_ptr<run> one)
{
    if (one->is_over) co_return;
    one->limit.expires_after(one->target.options.timing.timeout);
    wait_for_limit(one);
    probe_result result;
    try {
        result = co_await check(*one);
    } catch (const std::exception& failure) {
        result = not_asked(failure.what()); // out of memory, or of random numbers
    }
    if (one->is_late && !one->is_over)
        result = failed(check_failure::timeout,
                        "waited " + conf::format_duration(one->target.options.timing.timeout) + " for " +
                            std::string(one->awaited));
    if (!one->is_over) one->report(result);
    const bool is_open_websocket = one->target.options.kind == conf::check_kind::websocket &&
                                   result.outcome == health::check_outcome::pass;
    if (is_open_websocket && !one->is_over) co_await close_websocket(*one);
    one->limit.cancel();
    one->stream.close();
}

// The server closes TCP first then (RFC 6455 7.1.1); when it takes longer than the check may, we do.
net::task<> health_probe::close_websocket(run& one)
{
    const auto close = websocket::close_frame(normal_closure, "", websocket::masking::random_key);
    const std::string_view close_text = tls::as_text(close.span());
    (void)co_await one.stream.write(close_text);
    std::array<char, 512> passed_over;
    for (bool is_open = true; is_open;) {
        const std::span<char> room(passed_over);
        const net::read_result got = co_await one.stream.read_some(room);
        is_open = !got.error;
    }
}

net::task<probe_result> health_probe::check(run& one)
{
    const net::socket_address& to = one.target.remote;
    const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) co_return not_asked(last_error().message());
    net::error_code error = one.stream.assign(fd);
    if (error) {
        ::close(fd);
        co_return not_asked(error.message());
    }
    if (one.target.source && !bind_source(fd, *one.target.source))
        co_return not_asked("from " + conf::to_string(*one.target.source) + ": " + last_error().message());
    if (::connect(fd, to.data(), to.size) != 0) error = last_error();
    if (error == net::asio::error::in_progress) error = co_await one.stream.connected();
    if (error && is_ours(error)) co_return not_asked(error.message());
    if (error) co_return failed(check_failure::connect, error.message());
    if (one.target.options.kind == conf::check_kind::tcp) co_return passed();
    co_return co_await ask(one);
}

net::task<probe_result> health_probe::ask(run& one)
{
    http::append_proxy_header(one.prefix, one.target.begins_with, {});
    if (one.target.security) {
        const std::optional<probe_result> problem = co_await secure(one);
        if (problem) co_return *problem;
    }
    if (one.target.options.kind == conf::check_kind::http) co_return co_await check_http(one);
    co_return co_await check_websocket(one);
}

// What is wrong, or nothing: it is TLS now.
net::task<std::optional<probe_result>> health_probe::secure(run& one)
{
    one.awaited = "the TLS handshake";
    std::optional<probe_result> problem;
    const probe_security& how = *one.target.security;
    net::error_code error;
    if (!one.prefix.empty()) error = co_await one.stream.write(std::string_view(one.prefix));
    one.prefix.clear();
    if (error) {
        problem = broken(error);
        co_return problem;
    }
    tls::ssl_handle ssl = how.context->make_ssl(how.host, how.backend);
    if (!ssl) throw std::bad_alloc();
    auto with = std::make_unique<tls::connection>(std::move(ssl), one.stream.fd(), how.shared->way);
    error = co_await one.stream.secure(with, how.shared->gate);
    if (error && with && with->failed_by() != nullptr) {
        const tls::failure& why = *with->failed_by();
        problem = failed(check_failure::handshake,
                         "no TLS: " + std::string(tls::word_of(why.what)) + ": " + why.text);
    } else if (error) {
        problem = broken(error);
    }
    co_return problem;
}

// The fields that both requests have, and `more_fields`; what is wrong, or nothing.
net::task<std::optional<probe_result>> health_probe::send_request(run& one, std::string_view more_fields)
{
    std::string request = std::exchange(one.prefix, {});
    request += "GET " + one.target.options.path + " HTTP/1.1\r\nHost: " + one.target.host + "\r\n";
    append_fields(request, one.target.options);
    request += more_fields;
    request += "\r\n";
    one.awaited = "the answer";
    const net::error_code error = co_await one.stream.write(std::string_view(request));
    std::optional<probe_result> problem;
    if (error) problem = broken(error);
    co_return problem;
}

net::task<probe_result> health_probe::check_http(run& one)
{
    std::optional<probe_result> problem = co_await send_request(one, "Connection: close\r\n");
    if (problem) co_return *problem;
    boost::beast::flat_buffer buffer(most_head_bytes + most_body_bytes);
    for (std::size_t i = 0; i < most_interim_answers; ++i) {
        probe_parser parser;
        parser.header_limit(most_head_bytes);
        parser.body_limit(boost::none); // what is too much is not read
        const net::error_code error = co_await read_header(one.stream, buffer, parser);
        const bool is_of_http =
            error.category() == make_error_code(beast_http::error::bad_version).category();
        if (is_of_http && error != beast_http::error::end_of_stream &&
            error != beast_http::error::partial_message)
            co_return failed(check_failure::malformed, "the answer is not HTTP/1: " + error.message());
        if (error) co_return broken(error);
        const unsigned status = parser.get().result_int();
        if (status < 200 && status != 101) continue;
        std::vector<char> body;
        if (!one.target.options.expect_body.text.empty()) {
            one.awaited = "the body";
            body.resize(most_body_bytes);
            parser.get().body().data = body.data();
            parser.get().body().size = body.size();
            const net::error_code body_error = co_await read_body(one.stream, buffer, parser);
            if (body_error && body_error != beast_http::error::need_buffer) co_return broken(body_error);
            body.resize(body.size() - parser.get().body().size);
        }
        co_return judge_response(one.target.options, status, {body.data(), body.size()});
    }
    co_return failed(check_failure::malformed, "only interim answers");
}

// `unread` gets what follows the 101; what is wrong, or nothing.
net::task<std::optional<probe_result>> health_probe::upgrade(run& one, std::string& unread)
{
    const std::array<char, 24> key = websocket::random_key();
    const std::string_view key_text(key.data(), key.size());
    const std::string fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: " +
                               std::string(key_text) + "\r\n";
    std::optional<probe_result> problem = co_await send_request(one, fields);
    if (problem) co_return problem;
    http::response_head_parser parser(http::head_limits{most_head_bytes, 100, most_head_bytes});
    http::head response;
    std::size_t filled = 0;
    for (;;) {
        unread.resize(filled + 4096);
        const std::span<char> room = std::span(unread).subspan(filled);
        const net::read_result got = co_await one.stream.read_some(room);
        if (got.error) {
            problem = broken(got.error);
            co_return problem;
        }
        filled += got.count;
        unread.resize(filled);
        const http::parse_result parsed = parser.parse(unread, response);
        if (parsed.status == http::parse_status::need_more) continue;
        if (parsed.status == http::parse_status::bad) {
            problem = failed(check_failure::malformed, std::string(http::reason_of(parsed.fault)));
            co_return problem;
        }
        websocket::client_offer offer{key_text, {}, {}};
        if (!one.target.options.subprotocol.empty())
            offer.subprotocols.push_back(one.target.options.subprotocol);
        const websocket::agreement_verdict verdict = websocket::check_response(response, offer);
        const unsigned status = response.status();
        if (verdict.has_error()) {
            problem = failed(check_failure::handshake,
                             status == 101 ? std::string(websocket::reason_of(verdict.error()))
                                           : "status " + std::to_string(status));
            if (status == 503) problem->outcome = health::check_outcome::drain;
        }
        unread.erase(0, parsed.consumed);
        co_return problem;
    }
}

net::task<probe_result> health_probe::check_websocket(run& one)
{
    std::string unread;
    std::optional<probe_result> problem = co_await upgrade(one, unread);
    if (problem) co_return *problem;
    one.awaited = "the pong";
    websocket::pong_finder::ping_payload payload;
    tls::random_bytes(std::as_writable_bytes(std::span(payload)));
    const auto ping = websocket::ping_frame(payload, websocket::masking::random_key);
    const std::string_view ping_text = tls::as_text(ping.span());
    const net::error_code ping_error = co_await one.stream.write(ping_text);
    if (ping_error) co_return broken(ping_error);
    websocket::pong_finder finder(payload);
    std::vector<std::uint8_t> block(unread.begin(), unread.end());
    websocket::pong_search found = finder.on(block);
    block.resize(4096);
    while (found == websocket::pong_search::going_on) {
        const std::span<char> room = tls::as_room(block);
        const net::read_result got = co_await one.stream.read_some(room);
        if (got.error) co_return broken(got.error);
        found = finder.on(std::span(block).first(got.count));
    }
    if (found == websocket::pong_search::closed)
        co_return failed(check_failure::pong,
                         "closed with " + std::to_string(finder.close_code()) + " instead of a pong");
    if (found == websocket::pong_search::wrong)
        co_return failed(check_failure::malformed, "a frame that RFC 6455 forbids");
    co_return passed();
}

} // namespace fairlead::upstream
