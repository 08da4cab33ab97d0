#include "proxy/demo/demo_backends.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using fairlead::demo::demo_backends;

namespace {

// A test that would wait for ever fails after ten seconds instead.
asio::ip::tcp::socket dial(asio::io_context& io, const std::string& address)
{
    const std::size_t colon = address.find(':');
    const auto port = static_cast<unsigned short>(std::stoi(address.substr(colon + 1)));
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address(address.substr(0, colon)), port});
    const timeval limit{10, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return socket;
}

struct http_client
{
    explicit http_client(const std::string& address)
        : socket(dial(io, address))
    {}

    http::response<http::string_body> ask(http::verb verb, std::string_view target)
    {
        http::request<http::string_body> request(verb, target, 11);
        request.set(http::field::host, "demo");
        request.set("X-Request-Id", "id-1");
        http::write(socket, request);
        http::response_parser<http::string_body> parser;
        parser.skip(verb == http::verb::head);
        http::read(socket, buffer, parser);
        return parser.release();
    }

    asio::io_context io;
    asio::ip::tcp::socket socket;
    beast::flat_buffer buffer;
};

struct chat_client
{
    explicit chat_client(const std::string& address, std::string_view via = {})
        : stream(dial(io, address))
    {
        stream.set_option(websocket::stream_base::decorator([via](websocket::request_type& request) {
            if (!via.empty()) request.set(http::field::via, via);
        }));
        stream.handshake("demo", "/chat");
    }

    std::string hear()
    {
        beast::flat_buffer buffer;
        stream.read(buffer);
        return beast::buffers_to_string(buffer.data());
    }

    void say(std::string_view text) { stream.write(asio::buffer(text)); }

    asio::io_context io;
    websocket::stream<asio::ip::tcp::socket, false> stream;
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("two backends listen on loopback, each on a port of its own")
{
    const demo_backends demo;
    const auto addresses = demo.addresses();
    REQUIRE(addresses.size() == 2);
    CHECK(addresses[0].starts_with("127.0.0.1:"));
    CHECK(addresses[1].starts_with("127.0.0.1:"));
    CHECK(addresses[0] != addresses[1]);
}

TEST_CASE("a backend serves the page, its own name and polite refusals over one connection")
{
    const demo_backends demo;
    http_client client(demo.addresses()[1]);

    const auto page = client.ask(http::verb::get, "/");
    CHECK(page.result() == http::status::ok);
    CHECK(page[http::field::content_type] == "text/html; charset=utf-8");
    for (const char* id : {"id=\"backend\"", "id=\"text\"", "id=\"form\"", "id=\"messages\""})
        CHECK(contains(page.body(), id));
    const bool fetches_elsewhere =
        contains(page.body(), "src=") || contains(page.body(), "@import") || contains(page.body(), "//cdn");
    CHECK_FALSE(fetches_elsewhere);

    const auto whoami = client.ask(http::verb::get, "/whoami");
    CHECK(contains(whoami.body(), R"("backend":"backend-2")"));
    CHECK(contains(whoami.body(), R"("X-Request-Id":"id-1")"));

    const auto head = client.ask(http::verb::head, "/");
    CHECK(head[http::field::content_length] == std::to_string(page.body().size()));
    CHECK(client.ask(http::verb::get, "/elsewhere").result() == http::status::not_found);
    CHECK(client.ask(http::verb::post, "/").result() == http::status::method_not_allowed);
    CHECK(client.ask(http::verb::get, "/chat").result() == http::status::upgrade_required);
    CHECK(client.ask(http::verb::get, "/whoami?again").result() == http::status::ok);
}

TEST_CASE("a message typed on one backend arrives on both, and says where it came in")
{
    const demo_backends demo;
    chat_client ada(demo.addresses()[0], "1.1 fairlead");
    CHECK(ada.hear() == R"({"kind":"welcome","backend":"backend-1","via":"1.1 fairlead","people":1})");
    chat_client grace(demo.addresses()[1]);
    CHECK(grace.hear() == R"({"kind":"welcome","backend":"backend-2","via":"","people":2})");

    ada.say(R"({"from":"ada","text":"ahoy"})");
    const std::string expected = R"({"kind":"message","from":"ada","text":"ahoy","backend":"backend-1",)"
                                 R"("via":"1.1 fairlead","people":2})";
    CHECK(ada.hear() == expected);
    CHECK(grace.hear() == expected);

    grace.say("plain words");
    CHECK(contains(ada.hear(), R"("from":"guest","text":"plain words","backend":"backend-2")"));
}

TEST_CASE("a message of 64 KiB passes, a larger one closes with 1009 (RFC 6455 7.4.1)")
{
    const demo_backends demo;
    chat_client client(demo.addresses()[0]);
    client.hear();
    const std::string largest(64 * 1024, 'x');
    client.say(largest);
    CHECK(contains(client.hear(), largest));

    client.say(largest + "x");
    beast::flat_buffer buffer;
    error_code error;
    client.stream.read(buffer, error);
    CHECK(error == websocket::error::closed);
    CHECK(client.stream.reason().code == websocket::close_code::too_big);
}

TEST_CASE("events come as server-sent events until the client leaves")
{
    const demo_backends demo;
    asio::io_context io;
    asio::ip::tcp::socket socket = dial(io, demo.addresses()[0]);
    asio::write(socket, asio::buffer(std::string_view("GET /events HTTP/1.1\r\nHost: demo\r\n\r\n")));
    std::string bytes;
    asio::read_until(socket, asio::dynamic_buffer(bytes), "\"messages\":0}\n\n");
    CHECK(contains(bytes, "Content-Type: text/event-stream\r\n"));
    CHECK(contains(bytes, "data: {\"backend\":\"backend-1\""));
}

TEST_CASE("a connection beyond the thousandth is closed at once")
{
    const demo_backends demo;
    asio::io_context io;
    std::vector<asio::ip::tcp::socket> taken;
    for (int count = 0; count < 1'000; ++count)
        taken.push_back(dial(io, demo.addresses()[count % 2]));
    asio::ip::tcp::socket refused = dial(io, demo.addresses()[0]);
    char byte = 0;
    error_code error;
    refused.read_some(asio::buffer(&byte, 1), error);
    CHECK(error == asio::error::eof);
}

TEST_CASE("ending the demo cuts what is open and takes no time")
{
    std::optional<demo_backends> demo(std::in_place);
    chat_client chatting(demo->addresses()[0]);
    chatting.hear();
    asio::io_context io;
    asio::ip::tcp::socket idle = dial(io, demo->addresses()[1]);
    asio::ip::tcp::socket listening = dial(io, demo->addresses()[1]);
    asio::write(listening, asio::buffer(std::string_view("GET /events HTTP/1.1\r\nHost: demo\r\n\r\n")));
    std::string bytes;
    asio::read_until(listening, asio::dynamic_buffer(bytes), "data:");

    const auto begin = std::chrono::steady_clock::now();
    demo.reset();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(900));

    beast::flat_buffer buffer;
    error_code error;
    chatting.stream.read(buffer, error);
    CHECK(error);
    char byte = 0;
    idle.read_some(asio::buffer(&byte, 1), error);
    CHECK(error == asio::error::eof);
}
