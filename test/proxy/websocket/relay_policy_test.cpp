#include "test/proxy/websocket/relay_bench.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstring>

using namespace fairlead;
using metrics::frame_kind;
using test::masked_close;
using test::masked_hello;
using test::plain_close;
using test::plain_hello;
using websocket::end_cause;
using websocket::tunnel_policy;
using bench = test::relay_bench;

namespace {

tunnel_policy pinging(websocket::tick_count every, websocket::tick_count timeout = 0,
                      std::array<bool, 2> pings = {true, true})
{
    tunnel_policy policy;
    policy.alive = {.ping_every = every, .pong_timeout = timeout, .pings = pings};
    return policy;
}

tunnel_policy enforcing()
{
    tunnel_policy policy;
    policy.from_client.enforce = policy.from_backend.enforce = true;
    return policy;
}

std::string close_with(int code, std::string_view reason)
{
    std::string out{'\x88', static_cast<char>(2 + reason.size()), static_cast<char>(code >> 8),
                    static_cast<char>(code & 0xff)};
    return out.append(reason);
}

// The payload of a masked control frame that the relay sent to the backend.
std::string unmasked(const std::string& frame)
{
    std::string out = frame.substr(6);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<char>(out[i] ^ frame[2 + i % 4]);
    return out;
}

std::string masked_pong(std::string_view payload)
{
    std::string out{"\x8a", 1};
    out += static_cast<char>(0x80 | payload.size());
    out.append("\x01\x02\x03\x04", 4);
    for (std::size_t i = 0; i < payload.size(); ++i)
        out += static_cast<char>(payload[i] ^ static_cast<char>(i % 4 + 1));
    return out;
}

} // namespace

TEST_CASE("a silent client is pinged, and the pong is swallowed and timed, whole or in any two pieces")
{
    for (std::size_t cut = 0; cut <= 14; ++cut) {
        CAPTURE(cut);
        bench at({.policy = pinging(10, 0, {true, false})});
        at.pass_time(1100);
        const std::string ping = at.take(at.client);
        REQUIRE(ping.size() == 10);
        CHECK(ping.substr(0, 2) == "\x89\x08");
        CHECK(at.take(at.backend).empty());
        const std::string pong = masked_pong(ping.substr(2));
        const std::string stream = masked_hello + pong + masked_hello;
        at.put(at.client, stream.substr(0, masked_hello.size() + cut));
        std::string got = at.take(at.backend);
        CHECK(got == masked_hello); // nothing of the pong yet
        at.put(at.client, stream.substr(masked_hello.size() + cut));
        got += at.take(at.backend);
        CHECK(got == masked_hello + masked_hello);
        CHECK(at.cells.client_round_trip.count() == 1);
        CHECK(at.cells.controls[metrics::direction::to_backend][frame_kind::pong].value() == 0);
        CHECK(at.cells.messages[metrics::direction::to_backend][frame_kind::text].value() == 2);
    }
}

TEST_CASE("a silent backend is pinged with a mask, and its pong is swallowed")
{
    bench at({.policy = pinging(10, 0, {false, true})});
    at.pass_time(1100);
    const std::string ping = at.take(at.backend);
    REQUIRE(ping.size() == 14);
    CHECK(ping.substr(0, 2) == "\x89\x88");
    at.put(at.backend, std::string("\x8a\x08") + unmasked(ping));
    CHECK(at.take(at.client).empty());
    CHECK(at.cells.backend_round_trip.count() == 1);
}

TEST_CASE("pongs to the application's pings pass, also while one of the proxy's own is awaited")
{
    bench at({.policy = pinging(10, 0, {true, false})});
    at.pass_time(1100);
    const std::string ping = at.take(at.client);
    const std::string theirs = masked_pong("8 octets");
    const std::string empty = masked_pong("");
    at.put(at.client, theirs + masked_pong(ping.substr(2)) + empty + theirs);
    CHECK(at.take(at.backend) == theirs + empty + theirs);
    CHECK(at.cells.controls[metrics::direction::to_backend][frame_kind::pong].value() == 3);
}

TEST_CASE("a ping goes in between the fragments of a message and never into a frame")
{
    bench at({.policy = pinging(10, 0, {true, false})});
    const std::string fragment{"\x01\x03Hel", 5};
    at.put(at.backend, fragment + "\x80");
    CHECK(at.take(at.client) == fragment + "\x80");
    at.pass_time(1100);
    CHECK(at.take(at.client).empty());
    at.put(at.backend, "\x02lo");
    CHECK(at.take(at.client) == "\x02lo");
    at.pass_time(1100); // a second later the stream is between two frames
    CHECK(at.take(at.client).substr(0, 2) == "\x89\x08");
}

TEST_CASE("a client that does not answer is closed, and its backend is told that it has gone")
{
    bench at({.policy = pinging(10, 10, {true, false})});
    at.pass_time(1100);
    at.pass_time(1100);
    CHECK(at.take(at.client).substr(10) == close_with(1001, "peer does not answer"));
    const std::string to_backend = at.take(at.backend);
    CHECK(unmasked(to_backend) == close_with(1001, "peer does not answer").substr(2));
    at.put(at.backend, plain_close);
    at.turn();
    CHECK(at.ended.empty());
    at.pass_time(1300);
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.cause == end_cause::dead_peer);
    CHECK(at.take(at.backend) == "<end>");
}

TEST_CASE("data keeps a tunnel from idle_timeout, and pings do not")
{
    tunnel_policy policy;
    policy.alive.idle_timeout = 20;
    bench at({.policy = policy});
    at.pass_time(1500);
    at.put(at.client, masked_hello);
    at.turn();
    at.pass_time(1500);
    CHECK(at.take(at.client).empty());
    at.put(at.client, masked_pong("x"));
    at.turn();
    at.pass_time(700);
    CHECK(at.take(at.client) == close_with(1001, "idle for too long"));
}

TEST_CASE("a frame that is still coming in pieces is data")
{
    tunnel_policy policy;
    policy.alive.idle_timeout = 20;
    bench at({.policy = policy});
    at.put(at.backend, std::string("\x82\x7e\x10\x00", 4));
    for (int i = 0; i < 5; ++i) {
        at.put(at.backend, "piece");
        at.turn();
        at.pass_time(1500);
        CHECK(at.ended.empty());
        CHECK_FALSE(at.take(at.client).empty());
    }
    CHECK(at.relay.size() == 1);
}

TEST_CASE("max_age ends a tunnel in use, with 1012 for its client")
{
    tunnel_policy policy;
    policy.alive.max_age = 30;
    bench at({.policy = policy});
    at.put(at.client, masked_hello);
    at.pass_time(3100);
    CHECK(at.take(at.client) == close_with(1012, "open for too long"));
}

TEST_CASE("what is too big goes nowhere, and the frames before it do")
{
    tunnel_policy policy;
    policy.from_client = {.max_frame = 5, .max_message = 8};
    const std::string large{"\x82\x86\x01\x02\x03\x04", 6};
    SUBCASE("a frame")
    {
        bench at({.policy = policy});
        at.put(at.client, masked_hello + large + "123456");
        const std::string got = at.take(at.backend);
        CHECK(got.substr(0, masked_hello.size()) == masked_hello);
        CHECK(unmasked(got.substr(masked_hello.size())) == close_with(1001, "frame too big").substr(2));
        CHECK(at.take(at.client) == close_with(1009, "frame too big"));
        at.put(at.client, masked_close);
        at.put(at.backend, plain_close);
        at.turn();
        REQUIRE(at.ended.size() == 1);
        CHECK(at.ended[0].end.cause == end_cause::frame_too_big);
    }
    SUBCASE("a header in pieces")
    {
        bench at({.policy = policy});
        for (const char c : large)
            at.put(at.client, {&c, 1}), at.turn();
        CHECK(unmasked(at.take(at.backend)) == close_with(1001, "frame too big").substr(2));
    }
    SUBCASE("a message in frames")
    {
        bench at({.policy = policy});
        const std::string first = "\x01" + masked_hello.substr(1);
        const std::string last = "\x80" + masked_hello.substr(1);
        at.put(at.client, first + last);
        const std::string got = at.take(at.backend);
        CHECK(got.substr(0, first.size()) == first);
        CHECK(unmasked(got.substr(first.size())) == close_with(1001, "message too big").substr(2));
        CHECK(at.take(at.client) == close_with(1009, "message too big"));
    }
    SUBCASE("the backend's messages have no limit")
    {
        bench at({.policy = policy});
        const std::string answer = std::string("\x82\x06", 2) + "123456";
        at.put(at.backend, answer);
        CHECK(at.take(at.client) == answer);
    }
}

TEST_CASE("under limits every frame passes untouched, byte by byte too")
{
    tunnel_policy policy = enforcing();
    policy.from_client.max_message = 1 << 20;
    bench at({.policy = policy});
    const std::string stream = masked_hello + masked_pong("abc") + "\x01" + masked_hello.substr(1) + "\x80" +
                               masked_hello.substr(1) + masked_close;
    std::string got;
    for (const char c : stream) {
        at.put(at.client, {&c, 1});
        got += at.take(at.backend);
    }
    CHECK(got == stream);
    CHECK(at.cells.messages[metrics::direction::to_backend][frame_kind::text].value() == 2);
    CHECK(at.cells.bytes[metrics::direction::to_backend].value() == stream.size());
}

TEST_CASE("with enforce a broken frame ends the tunnel: 1002 for who sent it, 1014 or 1001 for the other")
{
    SUBCASE("the client's")
    {
        bench at({.policy = enforcing()});
        at.put(at.client, plain_hello); // not masked
        CHECK(at.take(at.client) == close_with(1002, "protocol error"));
        CHECK(unmasked(at.take(at.backend)) == close_with(1001, "protocol error").substr(2));
    }
    SUBCASE("the backend's")
    {
        bench at({.policy = enforcing()});
        at.put(at.backend, plain_hello + masked_hello);
        CHECK(at.take(at.client) == plain_hello + close_with(1014, "protocol error"));
        CHECK(unmasked(at.take(at.backend)) == close_with(1002, "protocol error").substr(2));
    }
    SUBCASE("a close code that must not be sent, in pieces")
    {
        bench at({.policy = enforcing()});
        at.put(at.backend, std::string("\x88\x02\x03", 3));
        CHECK(at.take(at.client).empty());
        at.put(at.backend, "\xed"); // 1005
        CHECK(at.take(at.client) == close_with(1014, "protocol error"));
    }
    SUBCASE("without it everything passes and is remembered")
    {
        bench at;
        at.put(at.client, plain_hello);
        CHECK(at.take(at.backend) == plain_hello);
    }
}

TEST_CASE("an agreed extension may use its reserved bit")
{
    const std::string deflated{"\xc1\x02\x4a\x04", 4};
    bench agreed({.policy = enforcing(), .reserved_bits = 4});
    agreed.put(agreed.backend, deflated);
    CHECK(agreed.take(agreed.client) == deflated);
    bench not_agreed({.policy = enforcing()});
    not_agreed.put(not_agreed.backend, deflated);
    CHECK(not_agreed.take(not_agreed.client) == close_with(1014, "protocol error"));
}

TEST_CASE("a client above its rate is read later, and nothing of what it sent is lost")
{
    tunnel_policy policy;
    policy.client_rate.messages = {10, 2};
    bench at({.policy = policy});
    at.put(at.client, masked_hello + masked_hello + masked_hello);
    CHECK(at.take(at.backend) == masked_hello + masked_hello + masked_hello);
    CHECK(at.cells.delays.value() == 1);
    at.put(at.client, masked_hello);
    CHECK(at.take(at.backend).empty()); // 100 ms are not over
    at.pass_time(300);
    CHECK(at.take(at.backend) == masked_hello);
    at.put(at.backend, plain_hello);
    CHECK(at.take(at.client) == plain_hello); // the other direction has no rate
}

TEST_CASE("a client that waits for its rate is read again as soon as the proxy closes")
{
    tunnel_policy policy;
    policy.client_rate.messages = {1, 1};
    bench at({.policy = policy});
    at.put(at.client, masked_hello + masked_hello + masked_hello + masked_hello);
    at.turn();
    at.put(at.client, masked_close);
    at.put(at.backend, plain_close);
    at.turn();
    CHECK(at.ended.empty());
    at.relay.close_oldest(1, test::drained);
    at.turn();
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].client_code == 1000);
}

TEST_CASE("a client that stays above its rate beyond the patience is closed with 1008")
{
    tunnel_policy policy;
    policy.client_rate.messages = {1, 1};
    policy.client_rate.patience = std::chrono::seconds(2);
    bench at({.policy = policy});
    at.put(at.client, masked_hello + masked_hello + masked_hello + masked_hello);
    at.turn();
    CHECK(at.take(at.client) == close_with(1008, "too many messages"));
}

TEST_CASE("a client that takes nothing for slow_timeout is let go, and its backend is told")
{
    tunnel_policy policy;
    policy.slow_timeout = 20;
    bench at({.policy = policy});
    std::string frame = std::string("\x82\x7f\0\0\0\0\0\x10\0\0", 10) + std::string(1 << 20, 'x');
    for (std::size_t sent = 0, stalls = 0; sent < frame.size() && stalls < 3;) {
        const ssize_t count = ::send(at.backend, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
        at.turn();
        count > 0 ? sent += static_cast<std::size_t>(count) : ++stalls;
    }
    at.pass_time(1500);
    CHECK(at.take(at.backend).empty());
    at.pass_time(1000);
    CHECK(unmasked(at.take(at.backend)) == close_with(1013, "too slow").substr(2));
    at.pass_time(1300);
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.cause == end_cause::slow_consumer);
}

TEST_CASE("a policy that changes takes effect on tunnels that live")
{
    bench at;
    at.pass_time(5000);
    at.origin->policy.alive.idle_timeout = 30;
    REQUIRE(at.origin->tunnels.size() == 1);
    at.relay.reconsider(at.origin->tunnels.front());
    CHECK(at.take(at.client) == close_with(1001, "idle for too long"));
}

TEST_CASE("bytes that were held back still reach the other side when their sender ends")
{
    bench at({.policy = enforcing()});
    at.put(at.client, masked_hello.substr(0, 3));
    CHECK(at.take(at.backend).empty());
    ::shutdown(at.client, SHUT_WR);
    CHECK(at.take(at.backend) == masked_hello.substr(0, 3) + "<end>");
}

TEST_CASE("a plain tunnel has an idle_timeout for any byte, and no pings")
{
    tunnel_policy policy = pinging(10, 10);
    policy.alive.idle_timeout = 40;
    bench at({.is_websocket = false, .policy = policy});
    at.pass_time(3000);
    CHECK(at.take(at.client).empty());
    at.put(at.client, "x");
    at.turn();
    at.pass_time(3000);
    CHECK(at.ended.empty());
    at.pass_time(1200);
    REQUIRE(at.ended.size() == 1);
    CHECK(at.ended[0].end.cause == end_cause::idle);
}
