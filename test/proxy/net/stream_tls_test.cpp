#include "proxy/net/stream.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"
#include "test/support/tls_contexts.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>

#include <string>

using namespace fairlead;
namespace asio = boost::asio;

namespace {

// A stream of ours that is TLS, and the test's OpenSSL at its other end.
struct bench
{
    std::array<char, 65536> room{};
    tls::ssl_ctx_handle servers = test::make_server_context();
    tls::ssl_ctx_handle clients = test::make_client_context();
    tls::wire way;
    test::event_loop loop;
    net::handshake_gate gate{loop.executor(), loop.wheel()};
    test::link link{loop};
    test::tls_peer theirs{test::connecting(*clients), link.theirs.fd()};
    std::unique_ptr<tls::connection> made =
        std::make_unique<tls::connection>(test::accepting(*servers), link.ours.fd(), way);

    void secure()
    {
        std::optional<net::error_code> outcome;
        loop.start(link.ours.secure(made, gate), outcome);
        while (!outcome) {
            theirs.step();
            loop.turn();
        }
        theirs.step();
        REQUIRE_FALSE(*outcome);
    }

    std::string read()
    {
        const net::read_result got = loop.finish(link.ours.read_some(room));
        return got.error ? got.error.message() : std::string(room.data(), got.count);
    }
    std::string take()
    {
        loop.turn();
        return theirs.take();
    }
};

} // namespace

TEST_CASE("a stream that was secured reads and writes as before, and says so")
{
    bench at;
    CHECK(at.link.ours.tls() == nullptr);
    at.secure();
    CHECK(at.link.ours.tls() != nullptr);
    CHECK(at.made == nullptr);
    CHECK(at.link.ours.try_read(at.room).error == asio::error::would_block);
    at.theirs.put("hello");
    CHECK(at.read() == "hello");
    CHECK_FALSE(at.loop.finish(at.link.ours.write("world")));
    CHECK(at.take() == "world");
}

TEST_CASE("a handshake that fails leaves a plain stream, and the connection tells why")
{
    bench at;
    at.link.theirs.put("GET / HTTP/1.1\r\n\r\n");
    CHECK(at.loop.finish(at.link.ours.secure(at.made, at.gate)).value() == EPROTO);
    REQUIRE(at.made->failed_by() != nullptr);
    CHECK(at.made->failed_by()->what == tls::fault::plain_http);
    CHECK_FALSE(at.loop.finish(at.link.ours.write("HTTP/1.1 400 Bad Request\r\n\r\n")));
    CHECK(at.link.theirs.take() == "HTTP/1.1 400 Bad Request\r\n\r\n");
}

TEST_CASE("a handshake may be given up by its deadline")
{
    bench at;
    net::deadline limit(at.loop.wheel());
    limit.guard(&at.link.ours.lowest_layer());
    limit.arm(std::chrono::seconds(5));
    std::optional<net::error_code> outcome;
    at.loop.start(at.link.ours.secure(at.made, at.gate, &limit), outcome);
    at.loop.turn();
    CHECK_FALSE(outcome.has_value());
    at.loop.pass_time(std::chrono::seconds(6));
    REQUIRE(outcome.has_value());
    CHECK(*outcome == asio::error::operation_aborted);
    CHECK(limit.expired());
}

namespace {

net::task<bool> pass_time_in_a_step(bench& at)
{
    co_await at.gate.turn();
    at.loop.wheel().advance(net::steady_now_ms() + 6'000);
    co_return true;
}

} // namespace

TEST_CASE("a deadline that passes while the handshake waits for its turn ends it as well")
{
    bench at;
    net::deadline limit(at.loop.wheel());
    limit.guard(&at.link.ours.lowest_layer());
    limit.arm(std::chrono::seconds(5));
    std::optional<bool> passed;
    std::optional<net::error_code> outcome;
    at.loop.start(pass_time_in_a_step(at), passed);
    at.loop.start(at.link.ours.secure(at.made, at.gate, &limit), outcome);
    at.loop.turn();
    REQUIRE(passed.has_value());
    REQUIRE(outcome.has_value());
    CHECK(*outcome == asio::error::operation_aborted);
    CHECK(at.link.ours.tls() == nullptr);
}

TEST_CASE("small pieces of one write share a record, and a long one is not copied into small ones")
{
    bench at;
    at.secure();
    const net::stream::pieces pieces{"HTTP/1.1 200 OK\r\n\r\n", "5\r\n", "hello", "\r\n0\r\n\r\n"};
    CHECK_FALSE(at.loop.finish(at.link.ours.write(pieces)));
    CHECK(at.take() == "HTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    CHECK(at.theirs.record_sizes().size() == 1);
    // Behind the first window's worth, records are full whatever the pieces are.
    const std::string before(20'000, 'b');
    CHECK_FALSE(at.loop.finish(at.link.ours.write(before)));
    (void)at.take();
    const std::size_t known = at.theirs.record_sizes().size();
    const std::string payload(32'768, 'p');
    const net::stream::pieces chunk{"", "8000\r\n", payload, "\r\n"};
    CHECK_FALSE(at.loop.finish(at.link.ours.write(chunk)));
    CHECK((at.take() == "8000\r\n" + payload + "\r\n"));
    REQUIRE(at.theirs.record_sizes().size() == known + 3);
    CHECK(at.theirs.record_sizes()[known] == 16'384);
    CHECK(at.theirs.record_sizes()[known + 2] == 8);
}

TEST_CASE("a write waits while the peer does not read, and what was sent is counted in records")
{
    bench at;
    at.secure();
    const std::uint64_t before = at.link.ours.bytes_sent();
    CHECK(before == at.theirs.wire_bytes());
    const std::string first(1'000'003, 'a');
    const std::string second(2'000'001, 'b');
    const net::stream::pieces pieces{first, "|", second, "|"};
    std::optional<net::error_code> written;
    at.loop.start(at.link.ours.write(pieces), written);
    at.loop.turn();
    CHECK_FALSE(written.has_value());
    std::string received;
    while (!written) {
        const std::string some = at.take();
        REQUIRE_FALSE(some.empty());
        received += some;
        at.loop.turn();
    }
    received += at.take();
    CHECK_FALSE(*written);
    CHECK((received == first + "|" + second + "|"));
    CHECK(at.link.ours.bytes_sent() == at.theirs.wire_bytes());
    CHECK(at.link.ours.bytes_sent() > before + received.size());
}

TEST_CASE("the end of TLS is eof; an end of TCP alone is a truncation")
{
    bench at;
    at.secure();
    SUBCASE("close_notify")
    {
        at.theirs.put_raw(at.theirs.seal_goodbye());
        CHECK(at.loop.finish(at.link.ours.read_some(at.room)).error == asio::error::eof);
    }
    SUBCASE("FIN")
    {
        at.link.theirs.end();
        CHECK(at.loop.finish(at.link.ours.read_some(at.room)).error == net::truncated);
    }
    SUBCASE("an altered record")
    {
        std::string record = at.theirs.seal("hello");
        record.back() = static_cast<char>(record.back() ^ 1);
        at.theirs.put_raw(record);
        CHECK(at.loop.finish(at.link.ours.read_some(at.room)).error.value() == EPROTO);
    }
}

TEST_CASE("whoever ends in the middle of a write does not say that it was the end")
{
    bench at;
    at.secure();
    const std::string text(1'000'000, 'a');
    std::optional<net::error_code> written;
    at.loop.start(at.link.ours.write(text), written);
    at.loop.turn();
    REQUIRE_FALSE(written.has_value());
    at.theirs.fetch(); // so that there is room for it
    SUBCASE("shutdown_send") { at.link.ours.shutdown_send(); }
    SUBCASE("close") { at.link.ours.close(); }
    const std::string taken = at.take();
    CHECK(taken.find("<closed>") == std::string::npos);
    at.link.ours.close();
    at.loop.turn();
}

TEST_CASE("ending and closing say goodbye before the end of TCP, a reset does not")
{
    std::optional<bench> made;
    made.emplace();
    made->secure();
    SUBCASE("shutdown_send")
    {
        made->link.ours.shutdown_send();
        CHECK(made->take() == "<closed><end>");
        made->theirs.put("answer");
        CHECK(made->read() == "answer");
    }
    SUBCASE("close")
    {
        made->link.ours.close();
        CHECK(made->take() == "<closed><end>");
    }
    SUBCASE("destruction")
    {
        {
            const net::stream gone(std::move(made->link.ours));
        }
        CHECK(made->take() == "<closed><end>");
    }
    SUBCASE("close_by_reset")
    {
        made->link.ours.close_by_reset();
        CHECK(made->take().find("<closed>") == std::string::npos);
    }
}

TEST_CASE("looking ahead sees through TLS: tickets are nothing, bytes are, and an end is one")
{
    bench at;
    at.secure();
    CHECK_FALSE(at.link.ours.is_readable());
    CHECK_FALSE(at.link.ours.is_gone());
    at.theirs.put("x");
    CHECK(at.link.ours.is_readable());
    CHECK_FALSE(at.link.ours.is_gone());
    CHECK(at.read() == "x");
    CHECK_FALSE(at.link.ours.is_readable());
    at.theirs.put_raw(at.theirs.seal_goodbye());
    CHECK(at.link.ours.is_gone());
    CHECK(at.link.ours.is_readable());
}

TEST_CASE("what is left of a record needs no event to be read")
{
    bench at;
    at.secure();
    at.theirs.put("first and second");
    CHECK(at.loop.finish(at.link.ours.wait_readable()) == net::error_code());
    CHECK(at.link.ours.try_read(std::span(at.room).first(5)).count == 5);
    CHECK(at.loop.finish(at.link.ours.wait_readable()) == net::error_code());
    CHECK(at.read() == " and second");
    std::optional<net::error_code> waited;
    at.loop.start(at.link.ours.wait_readable(), waited);
    at.loop.turn();
    CHECK_FALSE(waited.has_value());
    at.link.ours.cancel();
    at.loop.turn();
    CHECK(waited.has_value());
}

TEST_CASE("a released stream gives its descriptor and what makes it TLS")
{
    bench at;
    at.secure();
    net::released_stream released = at.link.ours.release();
    const test::peer owner(released.fd);
    REQUIRE(released.tls != nullptr);
    CHECK_FALSE(at.link.ours.is_open());
    CHECK(at.link.ours.tls() == nullptr);
    at.theirs.put("on");
    std::array<std::uint8_t, 16> into{};
    CHECK(released.tls->read(into).count == 2);
}
