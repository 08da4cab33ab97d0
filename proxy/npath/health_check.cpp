#include "proxy/npath/health_check.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <utility>

#include <netinet/in.h>

namespace fairlead::npath {
namespace {

using timer =
    net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

constexpr std::string_view version_part = "HTTP/1.";
constexpr std::size_t status_end = version_part.size() + 5; // "HTTP/1.1 200"

net::asio::generic::stream_protocol::endpoint to_endpoint(const net::socket_address& address)
{
    return {address.data(), address.size, IPPROTO_TCP};
}

check_result failed(std::string reason) { return {health::check_outcome::fail, std::move(reason)}; }

} // namespace

std::optional<check_result> judge_answer(std::string_view received)
{
    const std::string_view begin = received.substr(0, version_part.size());
    if (begin != version_part.substr(0, begin.size())) return failed("the answer is not HTTP/1");
    if (received.size() < status_end) return std::nullopt;
    unsigned status = 0;
    const char* const end = received.data() + status_end;
    const auto [stop, error] = std::from_chars(end - 3, end, status);
    if (error != std::errc{} || stop != end || received[status_end - 4] != ' ')
        return failed("the answer has no status");
    if (status >= 200 && status < 400) return check_result{health::check_outcome::pass, {}};
    return check_result{status == 503 ? health::check_outcome::drain : health::check_outcome::fail,
                        "status " + std::to_string(status)};
}

// Lives until its coroutine has ended, which may be after the health_check.
struct health_check::run
{
    run(net::executor on, check_target what, report_fn tell)
        : target(std::move(what))
        , report(std::move(tell))
        , socket(on)
        , limit(on)
        , pause(on)
    {}

    check_target target;
    report_fn report;
    net::socket socket;
    timer limit;
    timer pause;
    bool is_over = false;
    bool is_late = false;
};

health_check::health_check(net::executor executor, check_target target, report_fn report)
    : run_(std::make_shared<run>(executor, std::move(target), std::move(report)))
{
    net::asio::co_spawn(executor, repeat(run_), net::asio::detached);
}

health_check::~health_check()
{
    run_->is_over = true;
    net::error_code ignored;
    run_->socket.close(ignored);
    run_->limit.cancel();
    run_->pause.cancel();
}

net::task<check_result> health_check::check_http(run& one)
{
    const std::string request = "GET " + one.target.options.path +
                                " HTTP/1.1\r\nHost: " + net::to_string(one.target.remote) +
                                "\r\nUser-Agent: fairlead-npath\r\nConnection: close\r\n\r\n";
    const auto whole = net::asio::buffer(request);
    const auto [write_error, written] = co_await net::asio::async_write(one.socket, whole, net::as_result);
    if (write_error) co_return failed(write_error.message());
    std::array<char, 256> buffer;
    for (std::size_t size = 0; size < buffer.size();) {
        const auto room = net::asio::buffer(buffer) + size;
        const auto [read_error, count] = co_await one.socket.async_read_some(room, net::as_result);
        if (read_error) co_return failed(read_error.message());
        size += count;
        if (auto verdict = judge_answer({buffer.data(), size})) co_return std::move(*verdict);
    }
    co_return failed("the answer has no status");
}

net::task<check_result> health_check::check(run& one)
{
    net::error_code error;
    const auto remote = to_endpoint(one.target.remote);
    one.socket.open(remote.protocol(), error);
    if (!error && one.target.source) one.socket.bind(to_endpoint(*one.target.source), error);
    if (error) co_return failed(error.message());
    const auto [connect_error] = co_await one.socket.async_connect(remote, net::as_result);
    if (connect_error) co_return failed(connect_error.message());
    if (one.target.options.kind == conf::check_kind::http) {
        check_result result = co_await check_http(one);
        co_return result;
    }
    co_return check_result{health::check_outcome::pass, {}};
}

net::task<> health_check::repeat(std::shared_ptr<run> one)
{
    while (!one->is_over) {
        const auto begin = std::chrono::steady_clock::now();
        one->is_late = false;
        one->limit.expires_at(begin + one->target.options.timing.timeout);
        one->limit.async_wait([one](const net::error_code& cancelled) {
            // One that was queued when it was cancelled would end the next check.
            const bool is_old = std::chrono::steady_clock::now() < one->limit.expiry();
            if (cancelled || one->is_over || is_old) return;
            one->is_late = true;
            net::error_code ignored;
            one->socket.close(ignored);
        });
        check_result result = co_await check(*one);
        one->limit.cancel();
        net::error_code ignored;
        one->socket.close(ignored);
        if (one->is_over) co_return;
        if (one->is_late) result = failed("no answer within the timeout");
        one->pause.expires_at(begin + one->report(result));
        if (one->is_over) co_return;
        (void)co_await one->pause.async_wait(net::as_result);
    }
}

} // namespace fairlead::npath
