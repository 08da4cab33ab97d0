#include "proxy/demo/demo_backends.hpp"

#include "proxy/demo/chat_page.hpp"
#include "proxy/demo/chat_room.hpp"
#include "proxy/demo/open_connection.hpp"
#include "proxy/demo/request_report.hpp"
#include "proxy/net/socket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string_view>
#include <thread>
#include <utility>

namespace fairlead::demo {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::beast::flat_buffer;
using boost::system::error_code;
using net::as_result;
using net::task;

namespace {

using tcp_stream = boost::beast::basic_stream<tcp, net::executor>;
using acceptor_socket = asio::basic_socket_acceptor<tcp, net::executor>;
using wake_timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                              asio::wait_traits<std::chrono::steady_clock>, net::executor>;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

constexpr std::size_t max_connections = 1'000;
constexpr std::uint32_t max_head_bytes = 16 * 1024;
constexpr std::size_t max_message_bytes = 64 * 1024;
constexpr std::size_t max_waiting_messages = 64;
constexpr std::chrono::seconds io_timeout{30};
constexpr std::chrono::seconds keep_alive_timeout{75};
constexpr std::chrono::seconds event_interval{1};
constexpr std::chrono::milliseconds accept_backoff{50};

// All that the coroutines share; belongs to the demo's thread once that runs.
struct shared_state
{
    connection_registry connections;
    chat_room room;
    bool stopping = false;
    asio::io_context io{1}; // last: what it still holds when it goes may use the rest
};

// One of the two servers: its name and its listening socket.
struct backend_server
{
    backend_server(shared_state& shared, std::string named)
        : name(std::move(named))
        , acceptor(shared.io.get_executor())
        , state(shared)
    {
        const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);
        acceptor.open(any_port.protocol());
        acceptor.bind(any_port);
        acceptor.listen();
        port = acceptor.local_endpoint().port();
    }

    std::string name;
    acceptor_socket acceptor;
    shared_state& state;
    std::uint16_t port = 0;
};

struct http_connection final : open_connection
{
    http_connection(backend_server& from, tcp::socket::rebind_executor<net::executor>::other socket)
        : open_connection(from.state.connections)
        , server(from)
        , stream(std::move(socket))
        , wake(stream.get_executor())
    {}

    void close() noexcept override
    {
        stream.close();
        wake.cancel();
    }

    backend_server& server;
    tcp_stream stream;
    wake_timer wake;
    flat_buffer buffer{max_head_bytes + max_message_bytes};
};

// A WebSocket in the room: one coroutine reads, one writes what deliver() queued, and both keep it alive.
struct chat_connection final : open_connection, chat_member
{
    chat_connection(backend_server& from, tcp_stream&& stream, std::string via)
        : open_connection(from.state.connections)
        , server(from)
        , entrance{from.name, std::move(via)}
        , socket(std::move(stream))
        , wake(socket.get_executor(), wake_timer::time_point::max())
    {
        socket.set_option(websocket::stream_base::timeout::suggested(boost::beast::role_type::server));
        socket.read_message_max(max_message_bytes);
        socket.text(true);
    }

    void deliver(shared_text text) override
    {
        // A reader this slow is gone or hostile; cutting it keeps the room's memory bounded.
        if (waiting.size() == max_waiting_messages) return close();
        waiting.push_back(std::move(text));
        wake.cancel();
    }

    void close() noexcept override
    {
        closed = true;
        boost::beast::get_lowest_layer(socket).close();
        wake.cancel();
    }

    backend_server& server;
    chat_entrance entrance;
    websocket::stream<tcp_stream, false> socket;
    wake_timer wake;
    std::deque<shared_text> waiting;
    bool closed = false;
};

response answer_with(const request& asked, http::status status, std::string_view type, std::string body)
{
    response answer(status, asked.version());
    answer.set(http::field::content_type, type);
    answer.set(http::field::cache_control, "no-store");
    answer.set("Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
               "connect-src 'self' ws: wss:");
    answer.keep_alive(asked.keep_alive());
    answer.body() = std::move(body);
    answer.prepare_payload();
    return answer;
}

std::string peer_name(const tcp_stream& stream)
{
    error_code error;
    const tcp::endpoint peer = stream.socket().remote_endpoint(error);
    return error ? std::string() : peer.address().to_string() + ":" + std::to_string(peer.port());
}

std::string whoami(const http_connection& connection, const request& asked)
{
    const std::string peer = peer_name(connection.stream);
    request_report report{connection.server.name, peer, asked.method_string(), asked.target(), {}};
    for (const auto& field : asked)
        report.fields.emplace_back(field.name_string(), field.value());
    return to_json(report);
}

response answer_to(const http_connection& connection, const request& asked, std::string_view path)
{
    if (asked.method() != http::verb::get && asked.method() != http::verb::head) {
        response refusal =
            answer_with(asked, http::status::method_not_allowed, "text/plain", "GET or HEAD, please\n");
        refusal.set(http::field::allow, "GET, HEAD");
        return refusal;
    }
    if (path == "/")
        return answer_with(asked, http::status::ok, "text/html; charset=utf-8", std::string(chat_page));
    if (path == "/whoami")
        return answer_with(asked, http::status::ok, "application/json", whoami(connection, asked));
    if (path == "/chat")
        return answer_with(asked, http::status::upgrade_required, "text/plain", "this is a WebSocket\n");
    return answer_with(asked, http::status::not_found, "text/plain", "nothing here\n");
}

// Until the client leaves: the body has no length, so closing ends it (RFC 9112 6.3).
task<> send_events(http_connection& connection)
{
    std::string bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                        "Connection: close\r\n\r\n";
    shared_state& state = connection.server.state;
    while (!state.stopping) {
        bytes += to_event(connection.server.name, state.room.people(), state.room.messages());
        connection.stream.expires_after(io_timeout);
        const auto [error, size] =
            co_await asio::async_write(connection.stream, asio::buffer(bytes), as_result);
        if (error || state.stopping) co_return;
        bytes.clear();
        connection.wake.expires_after(event_interval);
        co_await connection.wake.async_wait(as_result);
    }
}

task<> write_chat(std::shared_ptr<chat_connection> chat)
{
    while (!chat->closed) {
        if (chat->waiting.empty()) {
            co_await chat->wake.async_wait(as_result);
            continue;
        }
        const shared_text text = chat->waiting.front();
        const auto [error, size] = co_await chat->socket.async_write(asio::buffer(*text), as_result);
        if (error) break;
        chat->waiting.pop_front();
    }
    chat->close();
}

task<> read_chat(chat_connection& chat)
{
    chat_room& room = chat.server.state.room;
    const chat_room::seat seat(room, chat);
    chat.deliver(std::make_shared<const std::string>(room.welcome(chat.entrance)));
    // Larger than a message may be, so that it is the message's limit that answers, with a Close frame.
    flat_buffer buffer(2 * max_message_bytes);
    for (;;) {
        const auto [error, size] = co_await chat.socket.async_read(buffer, as_result);
        if (error) break;
        const std::string_view message(static_cast<const char*>(buffer.data().data()), buffer.size());
        if (chat.socket.got_text()) room.say(read_chat_line(message), chat.entrance);
        buffer.clear();
    }
    chat.close();
}

task<> accept_chat(http_connection& connection, const request& asked)
{
    connection.stream.expires_never(); // the WebSocket's own timeouts take over
    std::string via(asked[http::field::via]);
    const auto chat =
        std::make_shared<chat_connection>(connection.server, std::move(connection.stream), std::move(via));
    const auto [error] = co_await chat->socket.async_accept(asked, as_result);
    if (error || chat->closed) co_return;
    asio::co_spawn(chat->socket.get_executor(), write_chat(chat), asio::detached);
    co_await read_chat(*chat);
}

// One request and its answer; false ends the connection.
task<bool> serve_request(http_connection& connection)
{
    http::request_parser<http::string_body> parser;
    parser.header_limit(max_head_bytes);
    parser.body_limit(max_message_bytes);
    connection.stream.expires_after(keep_alive_timeout);
    const auto [read_error, read_size] =
        co_await http::async_read(connection.stream, connection.buffer, parser, as_result);
    if (read_error || connection.server.state.stopping) co_return false;

    const request asked = parser.release();
    const std::string_view target(asked.target());
    const std::string path(target.substr(0, target.find('?')));
    if (path == "/chat" && websocket::is_upgrade(asked)) {
        co_await accept_chat(connection, asked);
        co_return false;
    }
    if (path == "/events" && asked.method() == http::verb::get) {
        co_await send_events(connection);
        co_return false;
    }

    response answer = answer_to(connection, asked, path);
    if (asked.method() == http::verb::head) answer.body().clear(); // the Content-Length stays
    connection.stream.expires_after(io_timeout);
    const auto [write_error, write_size] = co_await http::async_write(connection.stream, answer, as_result);
    co_return !write_error && answer.keep_alive() && !connection.server.state.stopping;
}

task<> serve_connection(std::unique_ptr<http_connection> connection)
{
    for (;;) {
        const bool goes_on = co_await serve_request(*connection);
        if (!goes_on) break;
    }
}

task<> accept_connections(backend_server& server)
{
    shared_state& state = server.state;
    wake_timer pause(server.acceptor.get_executor());
    while (!state.stopping) {
        auto [error, socket] = co_await server.acceptor.async_accept(as_result);
        if (state.stopping) co_return;
        if (error) {
            pause.expires_after(accept_backoff); // out of descriptors, most likely: never spin on it
            co_await pause.async_wait(as_result);
            continue;
        }
        if (state.connections.size() >= max_connections) continue; // closes it
        auto connection = std::make_unique<http_connection>(server, std::move(socket));
        asio::co_spawn(server.acceptor.get_executor(), serve_connection(std::move(connection)),
                       asio::detached);
    }
}

} // namespace

class demo_backends::service
{
public:
    service()
    {
        for (backend_server& server : servers_)
            asio::co_spawn(state_.io, accept_connections(server), asio::detached);
        thread_ = std::thread([this] { state_.io.run(); });
    }

    ~service()
    {
        asio::post(state_.io, [this] { stop(); });
        thread_.join();
    }

    service(const service&) = delete;
    service& operator=(const service&) = delete;

    const std::array<backend_server, 2>& servers() const noexcept { return servers_; }

private:
    // Everything that waits is woken with an error, its coroutine ends, and run() returns for want of work.
    void stop()
    {
        state_.stopping = true;
        error_code ignored;
        for (backend_server& server : servers_)
            server.acceptor.close(ignored);
        for (open_connection* connection : state_.connections)
            connection->close(); // leaves the registry later, when its coroutine ends
    }

    shared_state state_;
    std::array<backend_server, 2> servers_{backend_server(state_, "backend-1"),
                                           backend_server(state_, "backend-2")};
    std::thread thread_;
};

demo_backends::demo_backends()
    : service_(std::make_unique<service>())
{}
demo_backends::~demo_backends() = default;

std::vector<std::string> demo_backends::addresses() const
{
    std::vector<std::string> addresses;
    for (const backend_server& server : service_->servers())
        addresses.push_back("127.0.0.1:" + std::to_string(server.port));
    return addresses;
}

} // namespace fairlead::demo
