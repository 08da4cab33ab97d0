#include "proxy/net/handshake_gate.hpp"

#include "test/support/allocations.hpp"
#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

using namespace fairlead;
using namespace std::chrono_literals;
using net::handshake_gate;

namespace {

struct bench
{
    test::event_loop loop;
    handshake_gate gate{loop.executor(), loop.wheel()};

    std::optional<handshake_gate::slot> enter(std::size_t most, std::chrono::milliseconds patience = 0ms)
    {
        std::optional<handshake_gate::slot> out;
        loop.start(gate.enter(most, patience), out);
        loop.turn();
        return out;
    }
};

net::task<bool> compute(handshake_gate& gate, std::string& told, std::string_view what,
                        std::chrono::microseconds time, std::function<void()> meanwhile = {})
{
    co_await gate.turn();
    if (meanwhile) meanwhile();
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
    told += what;
    co_return true;
}

net::task<bool> listen(net::stream& from, std::string& told)
{
    std::array<char, 8> room;
    const net::read_result got = co_await from.read_some(room);
    told.append(room.data(), got.count);
    co_return true;
}

} // namespace

TEST_CASE("as many as may be inside enter at once, the others wait in order of arrival")
{
    bench at;
    auto first = at.enter(2);
    auto second = at.enter(2);
    CHECK((first && *first));
    CHECK((second && *second));
    std::optional<handshake_gate::slot> third;
    std::optional<handshake_gate::slot> fourth;
    at.loop.start(at.gate.enter(2, 0ms), third);
    at.loop.start(at.gate.enter(2, 0ms), fourth);
    at.loop.turn();
    CHECK_FALSE(third.has_value());
    CHECK(at.gate.waiting() == 2);
    first.reset();
    at.loop.turn();
    CHECK((third && *third));
    CHECK_FALSE(fourth.has_value());
    third.reset();
    second.reset();
    at.loop.turn();
    CHECK((fourth && *fourth));
    CHECK(at.gate.inside() == 1);
    fourth.reset();
    CHECK(at.gate.inside() == 0);
}

TEST_CASE("a slot that is lent lets another in, and is taken back without a wait")
{
    bench at;
    auto first = at.enter(1);
    std::optional<handshake_gate::slot> second;
    std::optional<handshake_gate::slot> third;
    at.loop.start(at.gate.enter(1, 0ms), second);
    at.loop.start(at.gate.enter(1, 0ms), third);
    at.loop.turn();
    first->lend();
    first->lend();
    at.loop.turn();
    CHECK((second && *second));
    CHECK_FALSE(third.has_value());
    first->take_back();
    first->take_back();
    CHECK(at.gate.inside() == 2);
    second.reset();
    at.loop.turn();
    CHECK_FALSE(third.has_value()); // the first is served again
    first->lend();
    first.reset();
    at.loop.turn();
    CHECK((third && *third));
    third.reset();
    CHECK(at.gate.inside() == 0);
}

TEST_CASE("nobody overtakes those that wait, and without a limit nobody waits")
{
    bench at;
    auto first = at.enter(1);
    std::optional<handshake_gate::slot> waits;
    at.loop.start(at.gate.enter(1, 0ms), waits);
    at.loop.turn();
    std::optional<handshake_gate::slot> later;
    at.loop.start(at.gate.enter(2, 0ms), later); // a reload allows more
    at.loop.turn();
    CHECK_FALSE(later.has_value());
    first.reset();
    at.loop.turn();
    CHECK((waits && *waits));
    CHECK((later && *later));
    auto any = at.enter(0);
    CHECK((any && *any));
}

TEST_CASE("who waits for longer than its patience gets no slot, and takes none with it")
{
    bench at;
    auto first = at.enter(1);
    std::optional<handshake_gate::slot> waits;
    at.loop.start(at.gate.enter(1, 2'000ms), waits);
    at.loop.turn();
    at.loop.pass_time(1'500ms);
    CHECK_FALSE(waits.has_value());
    at.loop.pass_time(2'500ms);
    REQUIRE(waits.has_value());
    CHECK_FALSE(*waits);
    CHECK(at.gate.waiting() == 0);
    first.reset();
    auto next = at.enter(1);
    CHECK((next && *next));
}

TEST_CASE("long steps take a turn of the loop each, short ones share one, and others get theirs between")
{
    bench at;
    std::string told;
    std::array<std::optional<bool>, 3> done;
    for (auto& each : done)
        at.loop.start(compute(at.gate, told, "s", 600us), each);
    const auto post_others = [&](auto& self) -> void {
        told += ".";
        if (told.size() < 6) net::asio::post(at.loop.executor(), [&] { self(self); });
    };
    net::asio::post(at.loop.executor(), [&] { post_others(post_others); });
    at.loop.turn();
    CHECK(told.find("ss") == std::string::npos);
    CHECK(done[2].has_value());
}

TEST_CASE("bytes that came during a long step are read before the next one")
{
    bench at;
    test::link tunnel(at.loop);
    std::string told;
    std::optional<bool> heard;
    std::array<std::optional<bool>, 3> done;
    at.loop.start(listen(tunnel.ours, told), heard);
    at.loop.turn();
    at.loop.start(compute(at.gate, told, "1", 300us, [&] { tunnel.theirs.put("x"); }), done[0]);
    at.loop.start(compute(at.gate, told, "2", 300us), done[1]);
    at.loop.start(compute(at.gate, told, "3", 300us), done[2]);
    at.loop.turn();
    CHECK(told == "1x23");
}

TEST_CASE("who is let in while memory is out goes on a tick later, and so does whoever comes after")
{
    bench at;
    auto first = at.enter(1);
    std::optional<handshake_gate::slot> waits;
    at.loop.start(at.gate.enter(1, 0ms), waits);
    at.loop.turn();
    {
        const test::out_of_memory now(test::out_of_memory::what::handlers);
        first.reset();
    }
    at.loop.turn();
    CHECK_FALSE(waits.has_value());
    CHECK(at.gate.inside() == 1);
    at.loop.pass_time(300ms);
    CHECK((waits && *waits));
    std::string told;
    std::optional<bool> done;
    at.loop.start(compute(at.gate, told, "s", 0us), done);
    at.loop.turn();
    CHECK(done.has_value());
}

TEST_CASE("patience that ends, and the end of all, do not need memory")
{
    bench at;
    auto first = at.enter(1);
    std::optional<handshake_gate::slot> impatient;
    std::optional<handshake_gate::slot> patient;
    at.loop.start(at.gate.enter(1, 1'000ms), impatient);
    at.loop.start(at.gate.enter(1, 0ms), patient);
    at.loop.turn();
    {
        const test::out_of_memory now(test::out_of_memory::what::handlers);
        at.loop.wheel().advance(net::steady_now_ms() + 2'000);
        at.gate.shut_down();
    }
    at.loop.pass_time(2'500ms);
    REQUIRE(impatient.has_value());
    REQUIRE(patient.has_value());
    CHECK_FALSE(*impatient);
    CHECK_FALSE(*patient);
}

TEST_CASE("at the end everybody goes on at once")
{
    bench at;
    auto first = at.enter(1);
    std::optional<handshake_gate::slot> waits;
    at.loop.start(at.gate.enter(1, 0ms), waits);
    std::string told;
    std::array<std::optional<bool>, 20> done;
    for (auto& each : done)
        at.loop.start(compute(at.gate, told, "s", 100us), each);
    at.gate.shut_down();
    at.loop.turn();
    REQUIRE(waits.has_value());
    CHECK_FALSE(*waits);
    CHECK(told.size() == 20);
    auto late = at.enter(1);
    REQUIRE(late.has_value());
    CHECK_FALSE(*late);
}
