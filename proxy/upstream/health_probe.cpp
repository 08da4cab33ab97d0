#include "proxy/upstream/health_probe.hpp"

#include "proxy/http/proxy_protocol.hpp"
#include "proxy/websocket/control_frame.hpp"
#include "proxy/websocket/handshake.hpp"
#include "proxy/websocket/pong_finder.hpp"
#include "tls/digest.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

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
void bind_source(net::socket& socket, const conf::ip_address& source, net::error_code& error)
{
    const int on = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (source.is_v6) ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    const net::socket_address local = net::to_socket_address(source, 0);
    if (::bind(socket.native_handle(), local.data(), local.size) != 0)
        error.assign(errno, boost::system::system_category());
}

bool contains(const conf::body_match& wanted, std::string_view body)
{
    if (!wanted.is_regex) return body.find(wanted.text) != body.npos;
    return RE2::PartialMatch(re2::StringPiece(body.data(), body.size()), RE2(wanted.text, RE2::Quiet));
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
        , socket(on)
        , limit(on)
    {}

    probe_target target;
    report_fn report;
    net::socket socket;
    timer limit;
    std::string_view awaited = "a connection";
    bool is_over = false;
    bool is_late = false;
};

health_probe::health_probe(net::executor executor, probe_target target, report_fn report)
    : run_(std::make_shared<run>(executor, std::move(target), std::move(report)))
{
    net::asio::co_spawn(executor, carry_out(run_), net::asio::detached);
}

health_probe::~health_probe()
{
    run_->is_over = true;
    net::error_code ignored;
    run_->socket.close(ignored);
    run_->limit.cancel();
}

net::task<> health_probe::carry_out(std::shared_ptr<run> one)
{
    if (one->is_over) co_return;
    one->limit.expires_after(one->target.options.timing.timeout);
    one->limit.async_wait([one](const net::error_code& cancelled) {
        if (cancelled || one->is_over) return;
        one->is_late = true; // for a report; nobody hears of it after one
        net::error_code ignored;
        one->socket.close(ignored);
    });
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
    net::error_code ignored;
    one->socket.close(ignored);
}

// The server closes TCP first then (RFC 6455 7.1.1); when it takes longer than the check may, we do.
net::task<> health_probe::close_websocket(run& one)
{
    const auto close = websocket::close_frame(normal_closure, "", websocket::masking::random_key);
    const auto bytes = net::asio::buffer(close.bytes.data(), close.size);
    (void)co_await net::asio::async_write(one.socket, bytes, net::as_result);
    std::array<std::uint8_t, 512> passed_over;
    for (bool is_open = true; is_open;) {
        const auto room = net::asio::buffer(passed_over);
        const auto [error, count] = co_await one.socket.async_read_some(room, net::as_result);
        is_open = !error;
    }
}

net::task<probe_result> health_probe::check(run& one)
{
    net::error_code error;
    const net::socket_address& to = one.target.remote;
    const net::asio::generic::stream_protocol::endpoint remote(to.data(), to.size,
                                                               to.family() == AF_UNIX ? 0 : IPPROTO_TCP);
    one.socket.open(remote.protocol(), error);
    if (error) co_return not_asked(error.message());
    if (one.target.source) bind_source(one.socket, *one.target.source, error);
    if (error) co_return not_asked("from " + conf::to_string(*one.target.source) + ": " + error.message());
    const auto [connect_error] = co_await one.socket.async_connect(remote, net::as_result);
    if (connect_error && is_ours(connect_error)) co_return not_asked(connect_error.message());
    if (connect_error) co_return failed(check_failure::connect, connect_error.message());
    probe_result result = passed();
    switch (one.target.options.kind) {
    case conf::check_kind::tcp: break;
    case conf::check_kind::http: result = co_await check_http(one); break;
    case conf::check_kind::websocket: result = co_await check_websocket(one); break;
    }
    co_return result;
}

// The fields that both requests have, and `more_fields`; what is wrong, or nothing.
net::task<std::optional<probe_result>> health_probe::send_request(run& one, std::string_view more_fields)
{
    std::string request;
    switch (one.target.begins_with) {
    case conf::proxy_protocol::none: break;
    case conf::proxy_protocol::v1: http::append_proxy_header_v1(request, {}); break;
    case conf::proxy_protocol::v2: http::append_proxy_header_v2(request, {}); break;
    }
    request += "GET " + one.target.options.path + " HTTP/1.1\r\nHost: " + one.target.host +
               "\r\nUser-Agent: fairlead-health\r\n";
    request += more_fields;
    request += "\r\n";
    one.awaited = "the answer";
    const auto whole = net::asio::buffer(request);
    const auto [error, written] = co_await net::asio::async_write(one.socket, whole, net::as_result);
    std::optional<probe_result> problem;
    if (error) problem = broken(error);
    co_return problem;
}

net::task<probe_result> health_probe::check_http(run& one)
{
    std::optional<probe_result> problem = co_await send_request(one, "Accept: */*\r\nConnection: close\r\n");
    if (problem) co_return *problem;
    boost::beast::flat_buffer buffer(most_head_bytes + most_body_bytes);
    for (std::size_t i = 0; i < most_interim_answers; ++i) {
        beast_http::response_parser<beast_http::buffer_body> parser;
        parser.header_limit(most_head_bytes);
        parser.body_limit(boost::none); // what is too much is not read
        const auto [error, count] =
            co_await beast_http::async_read_header(one.socket, buffer, parser, net::as_result);
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
            const auto [body_error, body_count] =
                co_await beast_http::async_read(one.socket, buffer, parser, net::as_result);
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
        const auto room = net::asio::buffer(unread) + filled;
        const auto [error, count] = co_await one.socket.async_read_some(room, net::as_result);
        if (error) {
            problem = broken(error);
            co_return problem;
        }
        filled += count;
        unread.resize(filled);
        const http::parse_result parsed = parser.parse(unread, response);
        if (parsed.status == http::parse_status::need_more) continue;
        if (parsed.status == http::parse_status::bad) {
            problem = failed(check_failure::malformed, std::string(http::reason_of(parsed.fault)));
            co_return problem;
        }
        const websocket::client_offer offer{key_text, {}, {}};
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
    const auto ping_bytes = net::asio::buffer(ping.bytes.data(), ping.size);
    const auto [ping_error, sent] = co_await net::asio::async_write(one.socket, ping_bytes, net::as_result);
    if (ping_error) co_return broken(ping_error);
    websocket::pong_finder finder(payload);
    std::vector<std::uint8_t> block(unread.begin(), unread.end());
    websocket::pong_search found = finder.on(block);
    block.resize(4096);
    while (found == websocket::pong_search::going_on) {
        const auto room = net::asio::buffer(block);
        const auto [error, count] = co_await one.socket.async_read_some(room, net::as_result);
        if (error) co_return broken(error);
        found = finder.on(std::span(block).first(count));
    }
    if (found == websocket::pong_search::closed)
        co_return failed(check_failure::pong,
                         "closed with " + std::to_string(finder.close_code()) + " instead of a pong");
    if (found == websocket::pong_search::wrong)
        co_return failed(check_failure::malformed, "a frame that RFC 6455 forbids");
    co_return passed();
}

} // namespace fairlead::upstream
