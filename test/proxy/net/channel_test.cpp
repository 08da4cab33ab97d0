#include "proxy/net/channel.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <array>
#include <optional>

using namespace fairlead;

namespace {

struct bench
{
    test::event_loop loop;
    net::channel ours{loop.executor()};
    std::optional<test::peer> theirs;

    bench()
    {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
        REQUIRE_FALSE(ours.assign(fds[0]));
        theirs.emplace(fds[1]);
    }

    static net::task<net::error_code> wait(net::channel& on, net::wait_type what)
    {
        const auto [error] = co_await on.async_wait(what, net::as_result);
        co_return error;
    }
    std::size_t read()
    {
        std::array<char, 64> room;
        const ssize_t count = ::recv(ours.native_handle(), room.data(), room.size(), 0);
        if (count < 0)
            ours.note_no_more_to_read();
        else if (static_cast<std::size_t>(count) < room.size())
            ours.note_short_read();
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }
};

} // namespace

TEST_CASE("a channel is taken to be ready until the kernel has said otherwise")
{
    bench at;
    CHECK(at.ours.can_read());
    CHECK(at.ours.can_write());
    CHECK(at.read() == 0);
    CHECK_FALSE(at.ours.can_read());
    std::optional<net::error_code> soon;
    at.loop.start(bench::wait(at.ours, net::channel::wait_write), soon);
    at.loop.turn();
    REQUIRE(soon.has_value());
    CHECK_FALSE(*soon);
}

TEST_CASE("a wait for bytes ends when they come, each time anew")
{
    bench at;
    (void)at.read();
    for (int i = 0; i < 3; ++i) {
        CAPTURE(i);
        std::optional<net::error_code> woken;
        at.loop.start(bench::wait(at.ours, net::channel::wait_read), woken);
        at.loop.turn();
        CHECK_FALSE(woken.has_value());
        at.theirs->put("x");
        at.loop.wait_for([&] { return woken.has_value(); });
        CHECK_FALSE(*woken);
        CHECK(at.ours.can_read());
        CHECK(at.read() == 1); // a short read: there is no more
        CHECK_FALSE(at.ours.can_read());
    }
}

TEST_CASE("what came while nobody waited is known at the next turn that somebody waits for something")
{
    bench at;
    (void)at.read();
    at.theirs->put("early");
    std::optional<net::error_code> woken;
    at.loop.start(bench::wait(at.ours, net::channel::wait_read), woken);
    at.loop.wait_for([&] { return woken.has_value(); });
    CHECK(at.read() == 5);
}

TEST_CASE("an end behind a short read is not missed")
{
    bench at;
    (void)at.read();
    at.theirs->put("last words");
    at.theirs->end();
    std::optional<net::error_code> woken;
    at.loop.start(bench::wait(at.ours, net::channel::wait_read), woken);
    at.loop.wait_for([&] { return woken.has_value(); });
    CHECK(at.read() == 10);
    CHECK(at.ours.can_read()); // the end
    CHECK(at.read() == 0);
}

TEST_CASE("a wait is cancelled by cancel, close and release, and by a closed channel at once")
{
    bench at;
    (void)at.read();
    std::optional<net::error_code> first;
    std::optional<net::error_code> second;
    at.loop.start(bench::wait(at.ours, net::channel::wait_read), first);
    at.loop.start(bench::wait(at.ours, net::channel::wait_read), second);
    at.loop.turn();
    SUBCASE("cancel")
    {
        at.ours.cancel();
        CHECK(at.ours.is_open());
    }
    SUBCASE("close")
    {
        at.ours.close();
        CHECK(at.theirs->take() == "<end>");
    }
    SUBCASE("release") { const test::peer mine(at.ours.release()); }
    CHECK_FALSE(first.has_value()); // never out of the middle of somebody else
    at.loop.turn();
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(*first == net::asio::error::operation_aborted);
    CHECK(*second == net::asio::error::operation_aborted);
    if (at.ours.is_open()) return;
    CHECK(at.loop.finish(bench::wait(at.ours, net::channel::wait_read)) ==
          net::asio::error::operation_aborted);
}

TEST_CASE("of one direction two may wait, and no more")
{
    bench at;
    (void)at.read();
    std::array<std::optional<net::error_code>, 3> woken;
    for (auto& each : woken)
        at.loop.start(bench::wait(at.ours, net::channel::wait_read), each);
    at.loop.turn();
    CHECK_FALSE(woken[0].has_value());
    CHECK_FALSE(woken[1].has_value());
    REQUIRE(woken[2].has_value());
    CHECK(*woken[2] == net::asio::error::already_started);
    at.theirs->put("x");
    at.loop.wait_for([&] { return woken[0].has_value() && woken[1].has_value(); });
    CHECK_FALSE(*woken[0]);
    CHECK_FALSE(*woken[1]);
}

TEST_CASE("who wakes may close others that are ready in the same moment")
{
    bench one;
    net::channel other(one.loop.executor());
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
    REQUIRE_FALSE(other.assign(fds[0]));
    const test::peer others(fds[1]);
    (void)one.read();
    other.note_no_more_to_read();

    struct closer
    {
        static net::task<bool> run(net::channel& waits, net::channel& closes)
        {
            const auto [error] = co_await waits.async_wait(net::channel::wait_read, net::as_result);
            closes.close();
            co_return !error;
        }
    };
    std::optional<bool> first;
    std::optional<bool> second;
    one.loop.start(closer::run(one.ours, other), first);
    one.loop.start(closer::run(other, one.ours), second);
    one.loop.turn();
    one.theirs->put("x");
    const_cast<test::peer&>(others).put("x");
    one.loop.wait_for([&] { return first.has_value() && second.has_value(); });
    CHECK(*first != *second); // the first to wake closed the other's channel, whose wait ended without it
}

TEST_CASE("a look at the kernel tells again what is there already")
{
    bench at;
    at.theirs->put("there");
    at.ours.note_no_more_to_read(); // wrongly
    at.ours.look_again();
    std::optional<net::error_code> woken;
    at.loop.start(bench::wait(at.ours, net::channel::wait_read), woken);
    at.loop.wait_for([&] { return woken.has_value(); });
    CHECK(at.read() == 5);
}

TEST_CASE("an io_context that ends takes its waits along")
{
    std::optional<bench> at(std::in_place);
    (void)at->read();
    std::optional<net::error_code> woken;
    at->loop.start(bench::wait(at->ours, net::channel::wait_read), woken);
    at->loop.turn();
    at.reset();
    CHECK_FALSE(woken.has_value());
}
