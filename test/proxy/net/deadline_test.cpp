#include "proxy/net/deadline.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>

using namespace fairlead;
using namespace std::chrono_literals;

namespace {

struct bench
{
    std::array<char, 8> room{};
    std::optional<net::read_result> first_read;
    std::optional<net::read_result> second_read;
    test::event_loop loop;
    test::link first{loop};
    test::link second{loop};
    net::deadline limit{loop.wheel()};

    bench()
    {
        limit.guard(&first.ours.lowest_layer(), &second.ours.lowest_layer());
        loop.start(first.ours.read_some(room), first_read);
        loop.start(second.ours.read_some(room), second_read);
        loop.turn();
    }
};

} // namespace

TEST_CASE("a deadline that is over cancels the sockets it guards and says so")
{
    bench at;
    at.limit.arm(5s);
    CHECK_FALSE(at.limit.expired());
    at.loop.pass_time(4'900ms);
    CHECK_FALSE(at.first_read.has_value());
    at.loop.pass_time(5'200ms);
    CHECK(at.limit.expired());
    REQUIRE(at.first_read.has_value());
    REQUIRE(at.second_read.has_value());
    CHECK(at.first_read->error == boost::asio::error::operation_aborted);
    CHECK(at.second_read->error == boost::asio::error::operation_aborted);
    CHECK(at.first.ours.is_open());
}

TEST_CASE("what is disarmed, or has no limit, does not expire")
{
    bench at;
    SUBCASE("disarmed")
    {
        at.limit.arm(1s);
        at.limit.disarm();
    }
    SUBCASE("no limit") { at.limit.arm(0ms); }
    SUBCASE("armed and then without a limit")
    {
        at.limit.arm(1s);
        at.limit.arm(0ms);
    }
    at.loop.pass_time(1h);
    CHECK_FALSE(at.limit.expired());
    CHECK_FALSE(at.first_read.has_value());
}

TEST_CASE("arming again forgets that it expired")
{
    bench at;
    at.limit.arm(1s);
    at.loop.pass_time(2s);
    REQUIRE(at.limit.expired());
    at.limit.arm(10s);
    CHECK_FALSE(at.limit.expired());
}

TEST_CASE("the sockets may change while it is armed")
{
    bench at;
    at.limit.arm(1s);
    at.limit.guard(nullptr, &at.second.ours.lowest_layer());
    at.loop.pass_time(2s);
    CHECK_FALSE(at.first_read.has_value());
    CHECK(at.second_read.has_value());
}
