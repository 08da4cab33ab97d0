// Silence that the relay itself makes: who is not read, or has bytes in front of a ping, is not dead.
#include "test/proxy/websocket/relay_bench.hpp"

#include <array>
#include <string>

using namespace fairlead;
using test::masked_hello;
using bench = test::relay_bench;

namespace {

websocket::tunnel_policy pinging(std::array<bool, 2> sides)
{
    websocket::tunnel_policy policy;
    policy.alive = {.ping_every = 10, .pong_timeout = 10, .pings = sides};
    return policy;
}

// Sends whole frames of 1 KiB, as many as the relay and the kernel take while nobody reads at the other
// end. The relay's buffer holds a whole number of them, so it stands between two.
void stuff(bench& at, int from, bool is_masked)
{
    std::string frame("\x82\x7e\0\0", 4);
    if (is_masked) {
        frame[1] = static_cast<char>(0xfe);
        frame.append(4, '\0');
    }
    const std::size_t payload = 1024 - frame.size();
    frame[2] = static_cast<char>(payload >> 8);
    frame[3] = static_cast<char>(payload & 0xff);
    frame.append(payload, 'x');
    for (int stalls = 0; stalls < 3;) {
        const ssize_t count = ::send(from, frame.data(), frame.size(), MSG_NOSIGNAL);
        at.turn();
        REQUIRE((count < 0 || count == 1024));
        if (count < 0) ++stalls;
    }
}

void pass_five_times_what_kills(bench& at)
{
    for (int i = 0; i < 10; ++i)
        at.pass_time(1100);
}

} // namespace

TEST_CASE("a side that the relay does not read is not taken for dead, whichever of them takes nothing")
{
    for (const bool client_stalls : {true, false}) {
        CAPTURE(client_stalls);
        // Who sends is pinged; its pong cannot be seen while its bytes are left unread.
        bench at({.policy = pinging({!client_stalls, client_stalls})});
        stuff(at, client_stalls ? at.backend : at.client, !client_stalls);
        pass_five_times_what_kills(at);
        CHECK(at.relay.size() == 1);
        CHECK(at.cells.delays.value() == 0);
    }
}

TEST_CASE("a client that is delayed for its rate is not taken for dead, nor pinged")
{
    websocket::tunnel_policy policy = pinging({true, false});
    policy.client_rate.messages = {0.01, 1};
    bench at({.policy = policy});
    at.put(at.client, masked_hello + masked_hello);
    at.turn();
    REQUIRE(at.cells.delays.value() == 1);
    pass_five_times_what_kills(at);
    CHECK(at.relay.size() == 1);
    CHECK(at.take(at.client).empty());
}

TEST_CASE("a client that takes bytes is alive, though its pong is behind them")
{
    bench at({.policy = pinging({true, false})});
    stuff(at, at.backend, false);
    std::array<char, 8192> some;
    for (int i = 0; i < 12; ++i) {
        // The kernel tells of room only when a good part of its buffer is free.
        REQUIRE(::recv(at.client, some.data(), some.size(), 0) > 0);
        for (int taken = 0; taken < 15 && ::recv(at.client, some.data(), some.size(), 0) > 0;)
            ++taken;
        at.turn();
        at.pass_time(600);
        stuff(at, at.backend, false);
    }
    CHECK(at.relay.size() == 1);
}

TEST_CASE("a client that is read, takes nothing and says nothing is dead")
{
    bench at({.policy = pinging({true, false})});
    stuff(at, at.backend, false);
    for (int i = 0; i < 6; ++i)
        at.pass_time(1100);
    CHECK(at.relay.size() == 0);
}
