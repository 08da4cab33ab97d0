// The relay while memory is short: what nobody takes is not read.
#include "proxy/net/memory_account.hpp"
#include "test/proxy/websocket/relay_bench.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using metrics::memory_kind;
using metrics::shed;
using metrics::shortage;
using bench = test::relay_bench;

namespace {

// Frames of 4 KiB, too small to be spliced.
std::string many_frames(std::size_t count)
{
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out.append("\x82\x7e\x10\0", 4).append(4'096, static_cast<char>('a' + i % 26));
    return out;
}

// Sends until nothing is taken any more; returns all of it.
std::string send_until_stalled(bench& at, int from)
{
    const std::string all = many_frames(2'000);
    std::string_view left = all;
    for (int stalled = 0; stalled < 3;) {
        const ssize_t count = ::send(from, left.data(), left.size(), MSG_NOSIGNAL);
        at.turn();
        stalled = count < 0 ? stalled + 1 : 0;
        if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
        REQUIRE_FALSE(left.empty());
    }
    return all.substr(0, all.size() - left.size());
}

std::string take_all(bench& at, int to, std::size_t size)
{
    std::string got;
    while (got.size() < size) {
        const std::string piece = at.take(to);
        REQUIRE_FALSE(piece.empty());
        got += piece;
    }
    return got;
}

} // namespace

TEST_CASE("what waits for a slow side is counted while it waits")
{
    bench at;
    net::memory_account account(at.worker);
    account.adopt_thread();
    const std::string sent = send_until_stalled(at, at.backend);
    CHECK(at.worker.memory[memory_kind::remainders].value() > 0);
    CHECK(take_all(at, at.client, sent.size()) == sent);
    CHECK(at.worker.memory[memory_kind::remainders].value() == 0);
}

TEST_CASE("without memory left a side is not read as long as the other takes nothing, and nothing is lost")
{
    bench at;
    net::memory_account account(at.worker);
    account.adopt_thread();
    account.allow(0, false);
    const std::string sent = send_until_stalled(at, at.backend);
    CHECK(at.worker.memory[memory_kind::remainders].value() <= 32'768);
    CHECK(at.worker.sheds[shortage::memory][shed::read].value() > 0);
    CHECK(take_all(at, at.client, sent.size()) == sent);
    CHECK(at.ended.empty());
}

TEST_CASE("without memory left a tunnel whose sides take what comes goes on as ever")
{
    bench at;
    net::memory_account account(at.worker);
    account.adopt_thread();
    account.allow(0, false);
    for (int i = 0; i < 100; ++i) {
        at.put(at.client, test::masked_hello);
        CHECK(at.take(at.backend) == test::masked_hello);
        at.put(at.backend, test::plain_hello);
        CHECK(at.take(at.client) == test::plain_hello);
    }
    CHECK(at.worker.sheds[shortage::memory][shed::read].value() == 0);
}

TEST_CASE("a flood of pings is read at its rate, and closed with 1008 when it goes on")
{
    websocket::tunnel_policy policy;
    policy.client_rate.controls = {10, 20};
    policy.client_rate.patience = std::chrono::seconds(5);
    bench at({.policy = policy});
    std::string pings;
    for (int i = 0; i < 40; ++i)
        pings += std::string{"\x89\x80\1\2\3\4", 6};
    at.put(at.client, pings);
    CHECK(at.take(at.backend) == pings); // what was read goes on
    CHECK(at.cells.delays.value() == 1);
    at.put(at.client, test::masked_hello);
    CHECK(at.take(at.backend).empty());
    at.pass_time(2'500);
    CHECK(at.take(at.backend) == test::masked_hello);
    at.put(at.client, pings);
    at.put(at.client, pings);
    at.turn();
    CHECK(at.take(at.client) == std::string{"\x88\x13\x03\xf0too many messages", 21});
}
