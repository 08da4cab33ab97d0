#include "proxy/net/splice_pipe.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/error.hpp>

#include <csignal>
#include <string>
#include <vector>

using namespace fairlead;
using net::splice_pipe;
namespace asio = boost::asio;

namespace {

struct bench
{
    test::event_loop loop;
    test::tcp_link from{loop};
    test::tcp_link to{loop};
    splice_pipe pipe = splice_pipe::borrow();

    net::read_result fill(std::string_view bytes)
    {
        from.theirs.put(bytes);
        REQUIRE_FALSE(loop.finish(from.ours.wait_readable()));
        return from.ours.try_read(pipe, 1'000'000);
    }
};

} // namespace

TEST_CASE("bytes move from one stream to another through a pipe")
{
    bench at;
    REQUIRE(at.pipe.is_open());
    CHECK(at.from.ours.try_read(at.pipe, 100).error == asio::error::would_block);
    const net::read_result got = at.fill("hello");
    CHECK_FALSE(got.error);
    CHECK(got.count == 5);
    CHECK(at.pipe.held() == 5);
    CHECK_FALSE(at.to.ours.try_write(at.pipe));
    CHECK(at.pipe.held() == 0);
    CHECK(at.to.ours.bytes_sent() == 5);
    at.to.theirs.wait_readable();
    CHECK(at.to.theirs.take() == "hello");
}

TEST_CASE("no more than was asked for is taken from the socket")
{
    bench at;
    at.from.theirs.put("bodyGET /next");
    at.loop.turn();
    CHECK(at.from.ours.try_read(at.pipe, 4).count == 4);
    std::string rest(64, '\0');
    rest.resize(at.from.ours.try_read(rest).count);
    CHECK(rest == "GET /next");
}

TEST_CASE("the end of the source is eof, one that has left is the sink's error")
{
    std::signal(SIGPIPE, SIG_IGN); // as the program does
    bench at;
    at.to.theirs.close();
    CHECK(at.fill("last").count == 4);
    (void)at.to.ours.try_write(at.pipe); // answered with a RST
    CHECK(at.fill("more").count == 4);
    CHECK(at.to.ours.try_write(at.pipe).failed());
    at.from.theirs.end();
    splice_pipe other = splice_pipe::borrow();
    at.loop.turn();
    CHECK(at.from.ours.try_read(other, 100).error == asio::error::eof);
}

TEST_CASE("a sink that has no room is told so, and the pipe keeps what it did not take")
{
    bench at;
    const std::string block(256 * 1024, 'x');
    net::error_code error;
    std::size_t moved = 0;
    for (int i = 0; i < 1'000 && !error; ++i) {
        (void)at.from.theirs.offer(block);
        at.loop.turn();
        moved += at.from.ours.try_read(at.pipe, block.size()).count;
        error = at.to.ours.try_write(at.pipe);
    }
    CHECK(error == asio::error::would_block);
    CHECK(at.pipe.held() > 0);
    CHECK(at.pipe.held() <= splice_pipe::most_bytes);
    std::size_t received = 0;
    while (received < moved) {
        received += at.to.theirs.take().size();
        at.loop.turn();
        (void)at.to.ours.try_write(at.pipe);
    }
    CHECK(received == moved);
    CHECK(at.pipe.held() == 0);
}

TEST_CASE("a thread lends so many, and one that comes back can be lent again")
{
    std::vector<splice_pipe> lent;
    for (unsigned i = 0; i < splice_pipe::most_lent; ++i) {
        lent.push_back(splice_pipe::borrow());
        REQUIRE(lent.back().is_open());
    }
    CHECK_FALSE(splice_pipe::borrow().is_open());
    lent.pop_back();
    CHECK(splice_pipe::borrow().is_open());
    const splice_pipe moved = std::move(lent.back());
    CHECK_FALSE(lent.back().is_open());
    lent.back() = splice_pipe::borrow();
    CHECK(lent.back().is_open());
    CHECK_FALSE(splice_pipe::borrow().is_open());
}

TEST_CASE("what one connection left in a pipe never reaches another")
{
    bench at;
    CHECK(at.fill("secret").count == 6);
    at.pipe = splice_pipe();
    std::vector<splice_pipe> all;
    for (unsigned i = 0; i < splice_pipe::most_lent; ++i) {
        all.push_back(splice_pipe::borrow());
        at.from.theirs.put("x");
        at.loop.turn();
        CHECK(at.from.ours.try_read(all.back(), 1'000).count == 1);
        CHECK_FALSE(at.to.ours.try_write(all.back()));
    }
    std::string received;
    while (received.size() < splice_pipe::most_lent) {
        at.to.theirs.wait_readable();
        received += at.to.theirs.take();
    }
    CHECK(received == std::string(splice_pipe::most_lent, 'x'));
}
