#include "proxy/net/handshake_thread.hpp"

#include "proxy/net/handshake_gate.hpp"
#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"
#include "test/support/tls_contexts.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

using namespace fairlead;
using namespace std::chrono_literals;
using net::handshake_thread;
using tls::io_state;
using clock_type = handshake_thread::clock;

namespace {

// Where OpenSSL was at work for a server's handshake.
std::atomic<std::thread::id> computed_by;

void note_thread(const SSL*, int, int) { computed_by = std::this_thread::get_id(); }

// A stream of ours whose handshake the thread computes, and the test's OpenSSL at its other end.
struct bench
{
    explicit bench(int version = TLS1_3_VERSION, bool ours_is_client = false)
        : servers(test::make_server_context(version))
    {
        auto thread = std::make_unique<handshake_thread>(loop.executor());
        beside = thread.get();
        gate = std::make_unique<net::handshake_gate>(loop.executor(), loop.wheel(), std::move(thread));
        SSL_CTX_set_info_callback(servers.get(), &note_thread);
        made = std::make_unique<tls::connection>(
            ours_is_client ? test::connecting(*clients) : test::accepting(*servers), link.ours.fd(), way);
        theirs.emplace(ours_is_client ? test::accepting(*servers) : test::connecting(*clients),
                       link.theirs.fd());
    }
    ~bench() { gate->shut_down(); }

    // The peer has said hello, and ours has a signature to make.
    void greet()
    {
        theirs->step();
        loop.start(link.ours.secure(made, *gate, limit), outcome);
    }
    void shake()
    {
        greet();
        loop.wait_for([&] {
            theirs->step();
            return outcome.has_value();
        });
        theirs->step();
    }

    tls::ssl_ctx_handle servers;
    tls::ssl_ctx_handle clients = test::make_client_context();
    tls::wire way;
    test::event_loop loop;
    handshake_thread* beside = nullptr;
    std::unique_ptr<net::handshake_gate> gate;
    test::link link{loop};
    std::optional<test::tls_peer> theirs;
    std::unique_ptr<tls::connection> made;
    net::deadline* limit = nullptr;
    std::optional<net::error_code> outcome;
};

} // namespace

TEST_CASE(
    "a handshake is computed beside the worker, in either part and version, and the stream is TLS after it")
{
    std::optional<bench> held;
    SUBCASE("TLS 1.3, server") { held.emplace(TLS1_3_VERSION); }
    SUBCASE("TLS 1.2, server") { held.emplace(TLS1_2_VERSION); }
    SUBCASE("TLS 1.3, client") { held.emplace(TLS1_3_VERSION, true); }
    SUBCASE("TLS 1.2, client") { held.emplace(TLS1_2_VERSION, true); }
    bench& at = *held;
    at.shake();
    CHECK_FALSE(*at.outcome);
    REQUIRE(at.link.ours.tls() != nullptr);
    at.theirs->put("hello");
    std::array<char, 64> room{};
    const net::read_result got = at.loop.finish(at.link.ours.read_some(room));
    CHECK(std::string(room.data(), got.count) == "hello");
    CHECK_FALSE(at.loop.finish(at.link.ours.write("world")));
    CHECK(at.theirs->take() == "world");
}

TEST_CASE("the signature is another thread's, and the client's Finished is looked at by the worker")
{
    bench at;
    at.greet();
    at.loop.wait_for([&] { return at.made->bytes_sent() > 0; });
    CHECK(computed_by.load() != std::this_thread::get_id());
    CHECK_FALSE(at.made->has_long_step());
    at.theirs->step();
    at.loop.wait_for([&] { return at.outcome.has_value(); });
    CHECK(computed_by.load() == std::this_thread::get_id());
}

TEST_CASE("what is no TLS is told as by the worker itself, and nothing is sent")
{
    bench at;
    at.link.theirs.put("GET / HTTP/1.1\r\n\r\n");
    CHECK(at.loop.finish(at.link.ours.secure(at.made, *at.gate)).value() == EPROTO);
    REQUIRE(at.made->failed_by() != nullptr);
    CHECK(at.made->failed_by()->what == tls::fault::plain_http);
    CHECK(at.made->bytes_sent() == 0);
}

TEST_CASE("an alert of a handshake that fails beside the worker is sent")
{
    bench at;
    at.link.theirs.put(std::string("\x16\x03\x01\x00\x05hello", 10));
    CHECK(at.loop.finish(at.link.ours.secure(at.made, *at.gate)).value() == EPROTO);
    REQUIRE(at.made->failed_by() != nullptr);
    CHECK(at.link.theirs.take().front() == '\x15'); // RFC 8446 5.1
}

TEST_CASE("a deadline that passes during a step ends the handshake, and nothing is sent")
{
    bench at;
    net::deadline limit(at.loop.wheel());
    limit.guard(&at.link.ours.lowest_layer());
    limit.arm(5s);
    at.limit = &limit;
    at.greet();
    at.loop.turn();
    at.loop.pass_time(6s);
    at.loop.wait_for([&] { return at.outcome.has_value(); });
    CHECK(*at.outcome == net::asio::error::operation_aborted);
    CHECK(at.link.ours.tls() == nullptr);
}

TEST_CASE("a stream that is closed during a step is left alone after it")
{
    bench at;
    at.greet();
    at.loop.turn();
    at.link.ours.close();
    at.loop.wait_for([&] { return at.outcome.has_value(); });
    CHECK(*at.outcome == net::asio::error::operation_aborted);
    CHECK(at.made->bytes_sent() == 0);
}

TEST_CASE("two steps are under way at most, and one that takes too long keeps others from it for a while")
{
    bench at;
    const auto now = clock_type::now();
    CHECK(at.beside->has_room(now));
    CHECK_FALSE(at.beside->is_late(now));
    REQUIRE(at.beside->begin());
    bench second;
    std::array<std::optional<tls::io_result>, 2> told;
    at.loop.start(at.beside->compute(*at.made), told[0]);
    CHECK(at.beside->has_room(now));
    at.loop.start(at.beside->compute(*second.made), told[1]);
    at.loop.turn();
    const auto later = clock_type::now() + handshake_thread::late_time + 1ms;
    at.loop.wait_for([&] { return told[0] && told[1]; });
    CHECK(told[0]->state == io_state::want_read);
    CHECK(told[1]->state == io_state::want_read);
    CHECK(at.beside->has_room(later));
    CHECK_FALSE(at.beside->is_late(later)); // nothing is under way
}

TEST_CASE("whoever waits when the thread is stopped goes on, and the worker computes from then on")
{
    bench at;
    REQUIRE(at.beside->begin());
    bench second;
    std::array<std::optional<tls::io_result>, 2> told;
    at.loop.start(at.beside->compute(*at.made), told[0]);
    at.loop.start(at.beside->compute(*second.made), told[1]);
    at.loop.turn();
    at.beside->stop();
    at.loop.wait_for([&] { return told[0] && told[1]; });
    CHECK_FALSE(at.beside->has_room(clock_type::now()));
    CHECK(at.beside->is_late(clock_type::now()));
    at.shake();
    CHECK_FALSE(*at.outcome);
    CHECK(computed_by.load() == std::this_thread::get_id());
}
