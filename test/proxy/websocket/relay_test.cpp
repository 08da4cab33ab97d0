#include "test/proxy/websocket/relay_bench.hpp"
#include "test/support/allocations.hpp"

using namespace fairlead;
using test::drained;
using test::masked_close;
using test::masked_hello;
using test::our_close;
using test::plain_close;
using test::plain_hello;
using websocket::end_cause;
using bench = test::relay_bench;

TEST_CASE("bytes pass untouched both ways and messages are counted live")
{
    bench at;
    at.put(at.client, masked_hello + masked_hello);
    CHECK(at.take(at.backend) == masked_hello + masked_hello);
    at.put(at.backend, plain_hello);
    CHECK(at.take(at.client) == plain_hello);
    using metrics::direction;
    using metrics::frame_kind;
    CHECK(at.cells.messages[direction::to_backend][frame_kind::text].value() == 2);
    CHECK(at.cells.messages[direction::to_client][frame_kind::text].value() == 1);
    CHECK(at.cells.bytes[direction::to_backend].value() == 22);
    CHECK(at.worker.tunnels_open.value() == 1);
    CHECK(at.ended.empty());
}

TEST_CASE("what was read behind the heads goes first and is counted")
{
    bench at({.from_client = masked_hello, .from_backend = plain_hello});
    CHECK(at.take(at.backend) == masked_hello);
    CHECK(at.take(at.client) == plain_hello);
    CHECK(at.cells.messages[metrics::direction::to_backend][metrics::frame_kind::text].value() == 1);
}

TEST_CASE("one byte at a time gives the same bytes and the same counts")
{
    bench at;
    std::string got;
    for (const char c : masked_hello) {
        at.put(at.client, {&c, 1});
        got += at.take(at.backend);
    }
    CHECK(got == masked_hello);
    CHECK(at.cells.messages[metrics::direction::to_backend][metrics::frame_kind::text].value() == 1);
}

TEST_CASE("a slow reader stops its sender, and nothing is lost or reordered")
{
    bench at;
    std::string sent;
    std::string header{"\x82\x7f\0\0\0\0\x01\0\0\0", 10}; // a frame of 16 MiB
    at.put(at.backend, header);
    sent = header;
    std::string block(10'000, '\0');
    std::size_t in_flight = 0;
    for (int stalled = 0, i = 0; stalled < 3; ++i) {
        for (std::size_t j = 0; j < block.size(); ++j)
            block[j] = static_cast<char>(i + static_cast<int>(j));
        const ssize_t count = ::send(at.backend, block.data(), block.size(), MSG_NOSIGNAL);
        at.turn();
        stalled = count < 0 ? stalled + 1 : 0;
        if (count > 0) sent.append(block.data(), static_cast<std::size_t>(count));
        in_flight = sent.size();
        REQUIRE(in_flight < 8'000'000);
    }
    std::string got;
    while (got.size() < sent.size()) {
        const std::string piece = at.take(at.client);
        REQUIRE_FALSE(piece.empty());
        got += piece;
    }
    CHECK(got == sent);
}

TEST_CASE("a half-closed client still gets what the backend sends")
{
    bench at;
    at.put(at.client, masked_hello);
    ::shutdown(at.client, SHUT_WR);
    CHECK(at.take(at.backend) == masked_hello + "<end>");
    at.put(at.backend, plain_hello);
    CHECK(at.take(at.client) == plain_hello);
    ::shutdown(at.backend, SHUT_WR);
    CHECK(at.take(at.client) == "<end>");
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.by == metrics::party::client);
    CHECK(at.ended[0].end.cause == end_cause::eof);
    CHECK(at.worker.tunnels_open.value() == 0);
    CHECK(at.cells.close_codes[metrics::party::client][metrics::close_code_slot::abnormal].value() == 1);
}

TEST_CASE("a close handshake names who began it, and ends when TCP does")
{
    bench at;
    at.put(at.backend, plain_close);
    CHECK(at.take(at.client) == plain_close);
    at.put(at.client, masked_close);
    CHECK(at.take(at.backend) == masked_close);
    CHECK(at.ended.empty());
    ::shutdown(at.backend, SHUT_WR);
    CHECK(at.take(at.client) == "<end>");
    ::shutdown(at.client, SHUT_WR);
    CHECK(at.take(at.backend) == "<end>");
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.by == metrics::party::backend);
    CHECK(at.ended[0].end.cause == end_cause::close_frame);
    CHECK(at.ended[0].end.code == 1000);
    CHECK(at.cells.close_codes[metrics::party::client][metrics::close_code_slot::normal].value() == 1);
}

TEST_CASE("peers that agreed to close but keep TCP open are closed after close_timeout")
{
    bench at;
    at.put(at.backend, plain_close);
    at.put(at.client, masked_close);
    at.turn();
    CHECK(at.ended.empty());
    at.pass_time(2000);
    CHECK(at.ended.size() == 1);
}

TEST_CASE("the proxy's Close goes to both sides at once when both streams are between frames")
{
    bench at;
    CHECK(at.relay.close_oldest(10, drained) == 1);
    CHECK(at.take(at.client) == our_close);
    const std::string to_backend = at.take(at.backend);
    REQUIRE(to_backend.size() == our_close.size() + 4);
    CHECK(to_backend.substr(0, 2) == std::string("\x88\x92"));
    CHECK((to_backend[6] ^ to_backend[2]) == '\x03');
    CHECK(static_cast<unsigned char>(to_backend[7] ^ to_backend[3]) == 0xe9);
    CHECK(at.relay.close_oldest(10, drained) == 0);
    at.put(at.backend, plain_close);
    at.put(at.client, masked_close);
    at.turn();
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.by == metrics::party::proxy);
    CHECK(at.ended[0].end.cause == end_cause::drained);
    CHECK(at.take(at.client) == "<end>");
}

TEST_CASE(
    "the proxy's Close waits for the end of a frame that is under way, and what comes behind is dropped")
{
    bench at;
    at.put(at.backend, plain_hello.substr(0, 4));
    CHECK(at.take(at.client) == plain_hello.substr(0, 4));
    at.relay.close_oldest(1, drained);
    CHECK(at.take(at.client).empty());
    at.put(at.backend, plain_hello.substr(4) + plain_hello);
    CHECK(at.take(at.client) == plain_hello.substr(4) + our_close);
    at.put(at.backend, plain_hello);
    CHECK(at.take(at.client).empty());
}

TEST_CASE("a frame that never ends does not hold the proxy's close beyond close_timeout")
{
    bench at;
    at.put(at.backend, plain_hello.substr(0, 4));
    at.turn();
    at.relay.close_oldest(1, drained);
    at.pass_time(500);
    CHECK(at.ended.empty());
    at.pass_time(1000);
    CHECK(at.ended.size() == 1);
}

TEST_CASE("a side that was closed by the application already gets no second Close")
{
    bench at;
    at.put(at.backend, plain_close);
    CHECK(at.take(at.client) == plain_close);
    at.relay.close_oldest(1, drained);
    CHECK(at.take(at.client).empty());
    CHECK(at.take(at.backend).size() == 8);
}

TEST_CASE("a backend that breaks off in the middle of a frame ends both sides")
{
    bench at;
    at.put(at.client, masked_hello.substr(0, 3)); // stays unread: closing now is a reset
    at.turn();
    ::close(at.backend);
    at.backend = -1;
    CHECK(at.take(at.client) == "<end>");
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.by == metrics::party::backend);
    CHECK(at.ended[0].end.cause == end_cause::reset);
}

TEST_CASE("a plain tunnel passes any bytes and is closed without a frame")
{
    bench at({.from_client = "early", .is_websocket = false});
    CHECK(at.take(at.backend) == "early");
    at.put(at.backend, std::string("\x88\x82\0\xff", 4));
    CHECK(at.take(at.client) == std::string("\x88\x82\0\xff", 4));
    at.relay.close_oldest(1, drained);
    CHECK(at.take(at.client) == "<end>");
    CHECK(at.ended.size() == 1);
}

TEST_CASE("a tunnel that memory runs out for while it is launched is closed whole, and others go on")
{
    bench at;
    const auto [our_client, client] = bench::pair();
    const auto [our_backend, backend] = bench::pair();
    const std::string early(2'000'000, 'e'); // more than the kernel takes
    websocket::tunnel_start begin;
    begin.client.fd = our_client;
    begin.backend.fd = our_backend;
    begin.is_websocket = false;
    begin.from_backend = early;
    begin.origin = at.origin;
    at.worker.connections_open.add();
    std::size_t most = 0; // the tunnel's own objects are there, what follows is not
    SUBCASE("for the tunnel") { most = 0; }
    SUBCASE("for what the client does not take") { most = 1; }
    SUBCASE("for the bytes of that") { most = 2; }
    const auto before = at.worker.connections_open.value();
    bool is_launched = true;
    {
        const test::out_of_memory now(test::out_of_memory::what::objects, most);
        is_launched = at.relay.launch(std::move(begin));
    }
    CHECK_FALSE(is_launched);
    CHECK(at.worker.connections_open.value() == before - 1);
    CHECK(at.relay.size() == 1);
    const std::string told = at.take(backend);
    CHECK((told == "<end>" || told.empty())); // a reset
    CHECK(at.take(client).ends_with("<end>"));
    at.put(at.client, masked_hello);
    CHECK(at.take(at.backend) == masked_hello);
    ::close(client);
    ::close(backend);
}

TEST_CASE("destroying the relay ends every tunnel and tells the observer")
{
    boost::asio::io_context io{1};
    struct counter final : websocket::tunnel_observer
    {
        int ends = 0;
        void tunnel_ended(const websocket::tunnel&) noexcept override { ++ends; }
    } observer;
    net::timer_wheel wheel{0};
    metrics::worker_cells worker;
    metrics::tunnel_cells cells;
    std::vector<int> peers;
    {
        websocket::relay relay{io, wheel, worker, observer, {}};
        for (int i = 0; i < 5; ++i) {
            const auto [ours, theirs] = bench::pair();
            const auto [our_backend, backend] = bench::pair();
            websocket::tunnel_start begin;
            begin.client.fd = ours;
            begin.backend.fd = our_backend;
            begin.origin = boost::intrusive_ptr<websocket::tunnel_origin>(new websocket::tunnel_origin);
            begin.origin->cells = &cells;
            relay.launch(std::move(begin));
            peers.insert(peers.end(), {theirs, backend});
        }
        CHECK(relay.size() == 5);
    }
    CHECK(observer.ends == 5);
    CHECK(worker.tunnels_open.value() == 0);
    for (const int fd : peers)
        ::close(fd);
}
