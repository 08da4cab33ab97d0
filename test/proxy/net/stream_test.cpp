#include "proxy/net/stream.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>

#include <string>

using namespace fairlead;
namespace asio = boost::asio;

namespace {

struct bench
{
    std::array<char, 64> room{};
    test::event_loop loop;
    test::link link{loop};

    std::string read(net::stream& from)
    {
        const net::read_result got = loop.finish(from.read_some(room));
        return got.error ? got.error.message() : std::string(room.data(), got.count);
    }
};

} // namespace

TEST_CASE("a read takes what is there at once, and the end of the stream is eof")
{
    bench at;
    CHECK(at.link.ours.try_read(at.room).error == asio::error::would_block);
    at.link.theirs.put("hello");
    at.link.theirs.end();
    CHECK(at.read(at.link.ours) == "hello");
    CHECK(at.loop.finish(at.link.ours.read_some(at.room)).error == asio::error::eof);
    CHECK(at.link.ours.try_read(at.room).error == asio::error::eof);
}

TEST_CASE("a read that finds nothing waits for bytes")
{
    bench at;
    std::optional<net::read_result> got;
    at.loop.start(at.link.ours.read_some(at.room), got);
    at.loop.turn();
    CHECK_FALSE(got.has_value());
    at.link.theirs.put("late");
    at.loop.turn();
    REQUIRE(got.has_value());
    CHECK_FALSE(got->error);
    CHECK(std::string_view(at.room.data(), got->count) == "late");
}

TEST_CASE("pieces go out one after another, whatever is empty between them")
{
    bench at;
    const net::stream::pieces pieces{"head", "", "body", "tail"};
    CHECK_FALSE(at.loop.finish(at.link.ours.write(pieces)));
    CHECK(at.link.theirs.take() == "headbodytail");
    CHECK_FALSE(at.loop.finish(at.link.ours.write("")));
    CHECK(at.link.ours.bytes_sent() == 12);
}

TEST_CASE("a write waits while the peer does not read, and loses nothing")
{
    bench at;
    std::string first(1'000'003, 'a');
    std::string second(2'000'001, 'b');
    const net::stream::pieces pieces{first, "|", second, "|"};
    std::optional<net::error_code> written;
    at.loop.start(at.link.ours.write(pieces), written);
    at.loop.turn();
    CHECK_FALSE(written.has_value());
    std::string received;
    while (!written) {
        const std::string some = at.link.theirs.take();
        REQUIRE_FALSE(some.empty());
        received += some;
        at.loop.turn();
    }
    received += at.link.theirs.take();
    CHECK_FALSE(*written);
    CHECK((received == first + "|" + second + "|"));
    CHECK(at.link.ours.bytes_sent() == received.size());
}

TEST_CASE("writing to a peer that has left is an error and no signal")
{
    bench at;
    at.link.theirs.close();
    CHECK(at.loop.finish(at.link.ours.write("x")) == asio::error::broken_pipe);
}

TEST_CASE("cancelling ends a read and a write that wait")
{
    bench at;
    const std::string much(4'000'000, 'x');
    std::optional<net::read_result> got;
    std::optional<net::error_code> written;
    at.loop.start(at.link.ours.read_some(at.room), got);
    at.loop.start(at.link.ours.write(std::string_view(much)), written);
    at.loop.turn();
    at.link.ours.cancel();
    at.loop.turn();
    REQUIRE(got.has_value());
    REQUIRE(written.has_value());
    CHECK(got->error == asio::error::operation_aborted);
    CHECK(*written == asio::error::operation_aborted);
    CHECK(at.link.ours.is_open());
}

TEST_CASE("looking ahead takes nothing, and unread bytes hide the end behind them")
{
    bench at;
    CHECK_FALSE(at.link.ours.is_readable());
    CHECK_FALSE(at.link.ours.is_gone());
    at.link.theirs.put("x");
    CHECK(at.link.ours.is_readable());
    at.link.theirs.close();
    CHECK_FALSE(at.link.ours.is_gone());
    CHECK(at.read(at.link.ours) == "x");
    CHECK(at.link.ours.is_gone());
    CHECK(at.link.ours.is_readable());
}

TEST_CASE("what the last wake told is known, what came since is not")
{
    bench at;
    test::link waiting(at.loop); // somebody waits: the loop is told of everybody
    std::array<char, 8> room;
    std::optional<net::read_result> got;
    at.loop.start(waiting.ours.read_some(room), got);
    at.loop.turn();
    CHECK(at.link.ours.try_read(at.room).error == asio::error::would_block);
    CHECK_FALSE(at.link.ours.was_readable());
    at.link.theirs.put("x");
    CHECK_FALSE(at.link.ours.was_readable());
    CHECK(at.link.ours.is_readable());
    at.loop.turn();
    CHECK(at.link.ours.was_readable());
    CHECK(at.read(at.link.ours) == "x");
    CHECK_FALSE(at.link.ours.was_readable());
    at.link.theirs.end();
    at.loop.turn();
    CHECK(at.link.ours.was_readable());
    waiting.theirs.put("end");
    at.loop.turn();
    CHECK(got.has_value());
}

TEST_CASE("pieces of a small and of a large write are the same bytes in a row")
{
    for (const std::size_t size : {std::size_t{1}, std::size_t{500}, std::size_t{2'000}, std::size_t{60'000}})
    {
        CAPTURE(size);
        bench at;
        const std::string front(size, 'a');
        const std::string back(size / 2 + 1, 'b');
        const net::stream::pieces pieces{front, {}, back, "end"};
        CHECK_FALSE(at.loop.finish(at.link.ours.write(pieces)));
        CHECK((at.link.theirs.take() == front + back + "end"));
        CHECK(at.link.ours.bytes_sent() == front.size() + back.size() + 3);
    }
}

TEST_CASE("the peer sees a shutdown as the end, and may go on sending")
{
    bench at;
    at.link.ours.shutdown_send();
    CHECK(at.link.theirs.take() == "<end>");
    at.link.theirs.put("answer");
    CHECK(at.read(at.link.ours) == "answer");
}

TEST_CASE("the peer sees a close by reset as a reset, with what was unsent lost")
{
    test::event_loop loop;
    test::tcp_link link(loop);
    link.ours.close_by_reset();
    CHECK_FALSE(link.ours.is_open());
    link.theirs.wait_readable();
    CHECK(link.theirs.take() == "<reset>");
}

TEST_CASE("a released descriptor is open and no longer ours")
{
    bench at;
    const test::peer released(at.link.ours.release().fd);
    CHECK_FALSE(at.link.ours.is_open());
    REQUIRE(::send(released.fd(), "x", 1, MSG_NOSIGNAL) == 1);
    CHECK(at.link.theirs.take() == "x");
}
