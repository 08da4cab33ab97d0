#include "proxy/server/admin_server.hpp"

#include "proxy/server/admin_control.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace fairlead::server {
namespace {

namespace beast_http = boost::beast::http;

using admin_request = beast_http::request<beast_http::string_body>;
using admin_response = beast_http::response<beast_http::string_body>;
using timer =
    net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

constexpr std::size_t max_connections = 64;
constexpr std::size_t max_body_bytes = 4 * 1024;
constexpr std::chrono::seconds request_time{10};
constexpr std::chrono::milliseconds pause_time{100};

// What the pages are made of.
struct admin_sources
{
    const metrics::registry& metrics;
    process_control* process;
};

std::string_view text(boost::beast::string_view of) { return {of.data(), of.size()}; }

admin_query query_in(const admin_request& request)
{
    return {text(request.method_string()), text(request.target()), request["X-Fairlead-Control"] == "1",
            request.count(beast_http::field::origin) > 0, !request.body().empty()};
}

void put_json(admin_answer answer, admin_response& response)
{
    response.result(answer.status);
    response.set(beast_http::field::content_type, "application/json");
    response.set(beast_http::field::cache_control, "no-store");
    if (!answer.allow.empty()) response.set(beast_http::field::allow, std::string(answer.allow));
    response.body() = std::move(answer.body);
}

// False when the request is for none of the pages that control the process.
bool control(const admin_request& request, process_control* process, admin_response& response)
{
    if (process == nullptr) return false;
    auto answer = answer_control(query_in(request), *process);
    if (!answer) return false;
    put_json(std::move(*answer), response);
    return true;
}

void tell(const admin_request& request, const metrics::registry& metrics, admin_response& response)
{
    response.set(beast_http::field::content_type, "text/plain; charset=utf-8");
    const std::string_view target = text(request.target());
    const std::string_view path = target.substr(0, target.find('?'));
    if (request.method() != beast_http::verb::get && request.method() != beast_http::verb::head) {
        response.result(beast_http::status::method_not_allowed);
        response.set(beast_http::field::allow, "GET, HEAD");
        response.body() = "only GET and HEAD\n";
    } else if (path == "/metrics") {
        response.set(beast_http::field::content_type, metrics::registry::content_type);
        response.body() = metrics.expose();
    } else if (path == "/healthz") {
        response.body() = "ok\n";
    } else if (path == "/readyz") {
        const metrics::lifecycle now = metrics.current_lifecycle();
        const bool is_ready = now.ready && !now.draining;
        response.result(is_ready ? beast_http::status::ok : beast_http::status::service_unavailable);
        response.body() = is_ready ? "ready\n" : now.draining ? "draining\n" : "starting\n";
    } else if (path == "/") {
        response.body() =
            "Fairlead\n/metrics\n/healthz\n/readyz\n/backends\n/connections\n/drain\n/reload\n/rebalance\n";
    } else {
        response.result(beast_http::status::not_found);
        response.body() = "no such page; try /metrics, /healthz or /readyz\n";
    }
}

// Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
struct begin_look
{
    process_control* process;
    const connections_request* asked;
    template <class Handler>
    void operator()(Handler&& handler) const
    {
        // Whoever is to be told has a function that can be copied.
        using shared = std::decay_t<Handler>;
        auto waiting = std::make_shared<shared>(std::forward<Handler>(handler));
        process->connections(*asked, [waiting](control_answer answer) {
            auto executor = net::asio::get_associated_executor(*waiting);
            net::asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
                std::move (*waiting)(std::move(answer));
            });
        });
    }
};

net::task<control_answer> ask(process_control& process, const connections_request& asked)
{
    constexpr net::asio::use_awaitable_t<net::executor> token{};
    co_return co_await net::asio::async_initiate<const net::asio::use_awaitable_t<net::executor>,
                                                 void(control_answer)>(begin_look{&process, &asked}, token);
}

net::task<admin_response> respond(const admin_request& request, const admin_sources& from)
{
    admin_response response(beast_http::status::ok, request.version());
    response.keep_alive(request.keep_alive());
    const auto about = from.process == nullptr ? std::nullopt : read_connections_query(query_in(request));
    if (about && about->refusal)
        put_json(std::move(*about->refusal), response);
    else if (about)
        put_json(to_answer(co_await ask(*from.process, about->asked)), response);
    else if (!control(request, from.process, response))
        tell(request, from.metrics, response);
    response.prepare_payload();
    if (request.method() == beast_http::verb::head)
        response.body().clear(); // the fields of the GET, without its body
    co_return response;
}

net::task<> serve(net::socket& client, timer& limit, const admin_sources& from)
{
    boost::beast::flat_buffer buffer(16 * 1024);
    for (;;) {
        beast_http::request_parser<beast_http::string_body> parser;
        parser.body_limit(max_body_bytes);
        limit.expires_after(request_time);
        const auto [read_error, read_count] =
            co_await beast_http::async_read(client, buffer, parser, net::as_result);
        if (read_error) co_return;
        admin_response response = co_await respond(parser.get(), from);
        const bool keeps = response.keep_alive();
        beast_http::response_serializer<beast_http::string_body> writer(response);
        const auto [error, count] = co_await beast_http::async_write(client, writer, net::as_result);
        if (error || !keeps) co_return;
    }
}

// The watchdog that closes a client which takes too long: the deadline moves with each request.
net::task<> watch(net::socket& client, timer& limit, bool& is_over)
{
    while (!is_over) {
        (void)co_await limit.async_wait(net::as_result);
        if (is_over || std::chrono::steady_clock::now() < limit.expiry()) continue;
        net::error_code ignored;
        client.close(ignored);
        co_return;
    }
}

// Both coroutines use one object that lives until the second of them ends.
struct admin_client
{
    admin_client(net::socket accepted, std::shared_ptr<std::size_t> open_count)
        : client(std::move(accepted))
        , limit(client.get_executor(), request_time)
        , connections(std::move(open_count))
    {
        ++*connections;
    }
    ~admin_client() { --*connections; }

    net::socket client;
    timer limit;
    std::shared_ptr<std::size_t> connections;
    bool is_over = false;
};

net::task<> watch_client(std::shared_ptr<admin_client> one)
{
    co_await watch(one->client, one->limit, one->is_over);
}

net::task<> serve_client(std::shared_ptr<admin_client> one, admin_sources from)
{
    try {
        co_await serve(one->client, one->limit, from);
    } catch (const std::exception&) {
        // Out of memory, or a callback of the registry failed: this scrape is lost, the next may do better.
    }
    one->is_over = true;
    one->limit.cancel();
}

} // namespace

admin_server::admin_server(net::asio::io_context& io, const conf::endpoint& address,
                           const metrics::registry& metrics, process_control* process)
    : io_(io)
    , metrics_(metrics)
    , process_(process)
    , socket_(io.get_executor(), open_listening_sockets(address, 1, 64).front().release())
    , pause_(io.get_executor())
    , is_unix_(address.what == conf::endpoint::kind::unix_path)
{
    wait();
}

void admin_server::wait()
{
    socket_.async_wait(net::asio::posix::descriptor_base::wait_read, [this](const net::error_code& error) {
        if (error) return;
        if (accept_one()) {
            wait();
            return;
        }
        // Out of descriptors: the connection stays in the queue and would wake us again at once.
        pause_.expires_after(pause_time);
        pause_.async_wait([this](const net::error_code& cancelled) {
            if (!cancelled) wait();
        });
    });
}

bool admin_server::accept_one()
{
    const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    net::socket taken(io_.get_executor());
    net::error_code error;
    const net::asio::generic::stream_protocol protocol(is_unix_ ? AF_UNIX : AF_INET6,
                                                       is_unix_ ? 0 : IPPROTO_TCP);
    taken.assign(protocol, fd, error);
    if (error || *connections_ >= max_connections) return true;
    auto one = std::make_shared<admin_client>(std::move(taken), connections_);
    const admin_sources from{metrics_, process_};
    net::asio::co_spawn(io_.get_executor(), watch_client(one), net::asio::detached);
    net::asio::co_spawn(io_.get_executor(), serve_client(one, from), net::asio::detached);
    return true;
}

} // namespace fairlead::server
