#include "proxy/websocket/keepalive.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using websocket::keepalive;
using websocket::keepalive_policy;
using websocket::side;
using step = websocket::keepalive::step;

namespace {

constexpr std::array able{true, true};

} // namespace

TEST_CASE("without a policy nothing is ever due")
{
    const keepalive alive(5);
    const auto told = alive.next({}, 1'000'000, able);
    CHECK(told.what == step::wait);
    CHECK(told.due == keepalive::never);
}

TEST_CASE("only the side that was silent for ping_every is pinged")
{
    keepalive alive(100);
    const keepalive_policy policy{.ping_every = 300};
    CHECK(alive.next(policy, 100, able).due == 400);
    alive.heard(side::client, 390);
    const auto told = alive.next(policy, 400, able);
    CHECK(told.what == step::ping);
    CHECK(told.of == side::backend);
    alive.pinged(side::backend, 400);
    alive.heard(side::backend, 400);
    CHECK(alive.next(policy, 400, able).what == step::wait);
    CHECK(alive.next(policy, 400, able).due == 690);
    CHECK(alive.next(policy, 690, able).of == side::client);
}

TEST_CASE("a side that says nothing for pong_timeout after a ping is dead, and any byte shows that it lives")
{
    keepalive alive(0);
    const keepalive_policy policy{.ping_every = 100, .pong_timeout = 50, .pings = {true, false}};
    REQUIRE(alive.next(policy, 100, able).what == step::ping);
    alive.pinged(side::client, 100);
    CHECK(alive.next(policy, 100, able).due == 150);
    CHECK(alive.next(policy, 149, able).what == step::wait);
    CHECK(alive.next(policy, 150, able).what == step::dead);
    CHECK(alive.next(policy, 150, able).of == side::client);
    alive.heard(side::client, 149);
    CHECK(alive.next(policy, 150, able).what == step::wait);
    CHECK(alive.next(policy, 150, able).due == 249);
}

TEST_CASE("a pong_timeout that is longer than ping_every does not make pings rare")
{
    keepalive alive(0);
    const keepalive_policy policy{.ping_every = 10, .pong_timeout = 100, .pings = {true, false}};
    alive.pinged(side::client, 10);
    CHECK(alive.next(policy, 10, able).due == 20);
    alive.heard(side::client, 11);
    CHECK(alive.next(policy, 20, able).due == 21);
    CHECK(alive.next(policy, 21, able).what == step::ping);
}

TEST_CASE("without pong_timeout a silent side is pinged again and never dead")
{
    keepalive alive(0);
    const keepalive_policy policy{.ping_every = 100, .pings = {true, false}};
    for (websocket::tick_count at = 100; at <= 1000; at += 100) {
        REQUIRE(alive.next(policy, at, able).what == step::ping);
        alive.pinged(side::client, at);
        CHECK(alive.next(policy, at, able).what == step::wait);
    }
}

TEST_CASE("a side in the middle of whose stream nothing can be said is looked at again in a second")
{
    const keepalive alive(0);
    const keepalive_policy policy{.ping_every = 100};
    auto told = alive.next(policy, 100, {false, false});
    CHECK(told.what == step::wait);
    CHECK(told.due == 110);
    told = alive.next(policy, 100, {false, true});
    CHECK(told.what == step::ping);
    CHECK(told.of == side::backend);
}

TEST_CASE("idle_timeout counts data frames, and neither pings nor pongs")
{
    keepalive alive(0);
    const keepalive_policy policy{.idle_timeout = 600};
    alive.heard(side::client, 500);
    alive.heard(side::backend, 599);
    CHECK(alive.next(policy, 599, able).due == 600);
    CHECK(alive.next(policy, 600, able).what == step::idle);
    alive.saw_data(590);
    CHECK(alive.next(policy, 600, able).what == step::wait);
    CHECK(alive.next(policy, 600, able).due == 1190);
}

TEST_CASE("max_age comes early by a tenth at most, by lot")
{
    const keepalive_policy policy{.max_age = 10'000};
    for (const auto& [lot, due] : {std::pair{0, 11'000U}, {0x8000, 10'500U}, {0xffff, 10'001U}}) {
        keepalive alive(1'000);
        alive.draw_age(static_cast<std::uint16_t>(lot));
        alive.heard(side::client, 9'999);
        alive.saw_data(9'999);
        CHECK(alive.next(policy, due - 1, able).due == due);
        CHECK(alive.next(policy, due, able).what == step::aged);
    }
}

TEST_CASE("a policy that changes counts from what was seen before")
{
    keepalive alive(0);
    alive.saw_data(100);
    CHECK(alive.next({.idle_timeout = 1'000}, 500, able).what == step::wait);
    CHECK(alive.next({.idle_timeout = 300}, 500, able).what == step::idle);
}
