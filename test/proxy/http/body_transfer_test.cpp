#include "test/proxy/http/transfer_bench.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace fairlead;
using namespace std::chrono_literals;
using http::body_framing;
using http::transfer_end;
using http::test::chunked;
using http::test::length;
using http::test::until_close;
using bench = http::test::transfer_bench;

TEST_CASE("a body that came with its head goes out in one piece, and what follows it stays where it is")
{
    bench at(length(5));
    at.what.head = "HEAD\r\n\r\n";
    at.what.ahead = "helloGET /next";
    at.start();
    CHECK(at.end == transfer_end::complete);
    CHECK(at.received() == "HEAD\r\n\r\nhello");
    CHECK(at.what.ahead_used == 5);
    CHECK(at.what.bytes == 5);
    CHECK(at.counted.value() == 5);
    CHECK(at.what.behind.empty());
    CHECK_FALSE(at.what.source_ended);
}

TEST_CASE("a message without a body is its head alone")
{
    bench at({}, true);
    at.what.head = "HEAD\r\n\r\n";
    at.what.ahead = "GET /next";
    SUBCASE("none") { at.what.to_chunked = false; }
    SUBCASE("a length of zero")
    {
        at.what.framing = length(0);
        at.what.to_chunked = false;
    }
    at.start();
    CHECK(at.end == transfer_end::complete);
    CHECK(at.received() == "HEAD\r\n\r\n");
    CHECK(at.what.ahead_used == 0);
}

TEST_CASE("the head does not wait for a body that is slow to come")
{
    bench at(length(5));
    at.what.head = "HEAD\r\n\r\n";
    at.start();
    CHECK(at.received() == "HEAD\r\n\r\n");
    at.send("hel");
    CHECK(at.received() == "hel");
    CHECK_FALSE(at.end.has_value());
    at.send("lo");
    CHECK(at.received() == "lo");
    CHECK(at.end == transfer_end::complete);
}

TEST_CASE("what was read behind the body is handed back")
{
    bench at(length(5));
    at.what.ahead = "he";
    at.start();
    at.send("lloGET /next");
    CHECK(at.end == transfer_end::complete);
    CHECK(at.received() == "hello");
    CHECK(at.what.ahead_used == 2);
    CHECK(at.what.behind == "GET /next");
}

TEST_CASE("a chunked body is written anew: sizes, no extensions, the allowed trailers (RFC 9112 7.1)")
{
    bench at(chunked, true);
    at.what.head = "HEAD\r\n\r\n";
    at.what.ahead = "0005;ext=\"x\"\r\nhello\r\n1\r\n";
    at.start();
    CHECK(at.received() == "HEAD\r\n\r\n5\r\nhello\r\n");
    at.send("!\r\n0;last\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\nGET /next");
    CHECK(at.received() == "1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n");
    CHECK(at.end == transfer_end::complete);
    CHECK(at.what.bytes == 6);
    CHECK(at.what.behind == "GET /next");
}

TEST_CASE("a chunked body goes to who cannot read it as plain bytes, without trailers")
{
    bench at(chunked, false);
    at.what.ahead = "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n";
    at.start();
    CHECK(at.end == transfer_end::complete);
    CHECK(at.received() == "hello world");
    CHECK(at.what.ahead_used == at.what.ahead.size());
}

TEST_CASE("the end of the stream ends a body that has no other end (RFC 9112 6.3)")
{
    for (const bool to_chunked : {false, true}) {
        bench at(until_close, to_chunked);
        at.what.head = "HEAD\r\n\r\n";
        at.what.ahead = "hel";
        at.start();
        at.send("lo");
        CHECK_FALSE(at.end.has_value());
        at.from.theirs.end();
        at.loop.turn();
        CHECK(at.end == transfer_end::complete);
        CHECK(at.what.source_ended);
        CHECK(at.received() ==
              (to_chunked ? "HEAD\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" : "HEAD\r\n\r\nhello"));
    }
}

TEST_CASE("an empty body until the end of the stream still ends the chunked coding")
{
    bench at(until_close, true);
    at.what.head = "HEAD\r\n\r\n";
    at.from.theirs.close();
    at.start();
    CHECK(at.end == transfer_end::complete);
    CHECK(at.received() == "HEAD\r\n\r\n0\r\n\r\n");
}

TEST_CASE("one byte at a time gives the same body")
{
    const std::string coded = "5;a\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n";
    bench at(chunked, false);
    at.what.head = "HEAD\r\n\r\n";
    at.start();
    std::string received;
    for (const char c : coded) {
        CHECK_FALSE(at.end.has_value());
        at.send({&c, 1});
        received += at.received();
    }
    CHECK(at.end == transfer_end::complete);
    CHECK(received == "HEAD\r\n\r\nhello0123456789abcdef");

    bench again(chunked, true);
    again.start();
    received.clear();
    for (const char c : coded) {
        again.send({&c, 1});
        received += again.received();
    }
    CHECK(again.end == transfer_end::complete);
    CHECK(received.starts_with("1\r\nh\r\n1\r\ne\r\n"));
    CHECK(received.ends_with("1\r\nf\r\n0\r\nX-Sum: 1\r\n\r\n"));
}

TEST_CASE("a source that ends or breaks before its body does has failed")
{
    for (const body_framing framing : {length(6), chunked}) {
        bench at(framing);
        at.what.ahead = framing == chunked ? "6\r\nhello" : "hello";
        at.start();
        at.from.theirs.close();
        at.loop.turn();
        CHECK(at.end == transfer_end::source_failed);
        CHECK_FALSE(at.what.source_ended);
        CHECK(at.received() == "hello");
    }
}

TEST_CASE("a source that sends nothing for the read timeout is overdue")
{
    bench at(length(6));
    at.start();
    at.loop.pass_time(4s);
    at.send("hel");
    CHECK_FALSE(at.end.has_value());
    at.loop.pass_time(5'200ms);
    CHECK(at.end == transfer_end::source_overdue);
    CHECK(at.received() == "hel");
}

TEST_CASE("a malformed coding ends the transfer before anything of it goes out")
{
    bench at(chunked, true);
    at.what.head = "HEAD\r\n\r\n";
    at.what.ahead = "5\nhello\r\n0\r\n\r\n";
    at.start();
    CHECK(at.end == transfer_end::source_malformed);
    CHECK(at.received().empty());

    bench late(chunked, true);
    late.what.head = "HEAD\r\n\r\n";
    late.start();
    late.send("3\r\nabcX\r\n");
    CHECK(late.end == transfer_end::source_malformed);
    CHECK(late.received() == "HEAD\r\n\r\n3\r\nabc\r\n");
}

TEST_CASE("a body above the limit is cut off, one of exactly the limit is not")
{
    bench at(chunked);
    at.what.max_bytes = 8;
    at.start();
    at.send("8\r\n12345678\r\n");
    CHECK(at.received() == "12345678");
    CHECK_FALSE(at.end.has_value());
    at.send("1\r\n9\r\n");
    CHECK(at.end == transfer_end::too_large);
    CHECK(at.received().empty());

    bench fits(chunked);
    fits.what.max_bytes = 8;
    fits.what.ahead = "8\r\n12345678\r\n0\r\n\r\n";
    fits.start();
    CHECK(fits.end == transfer_end::complete);
}

TEST_CASE("a sink that has left fails the transfer")
{
    bench at(length(6));
    at.what.head = "HEAD\r\n\r\n";
    at.to.theirs.close();
    at.start();
    CHECK(at.end == transfer_end::sink_failed);
}

TEST_CASE("a sink that takes nothing holds the source back, and is overdue after the write timeout")
{
    const std::size_t total = 64 * 1024 * 1024;
    bench at(length(total));
    at.start();
    const std::string block(64 * 1024, 'x');
    std::size_t sent = 0;
    for (std::size_t took = 1; took != 0; sent += took) {
        took = at.from.theirs.offer(block);
        at.loop.turn();
    }
    CHECK(sent < total / 16); // both kernel buffers and one block
    CHECK_FALSE(at.end.has_value());
    at.loop.pass_time(6'800ms);
    CHECK_FALSE(at.end.has_value());
    at.loop.pass_time(7'200ms);
    CHECK(at.end == transfer_end::sink_overdue);
}

TEST_CASE("a sink that takes a little in time is not overdue")
{
    const std::string body(4'000'000, 'x');
    bench at(length(body.size()));
    at.what.ahead = body;
    at.start();
    std::size_t received = 0;
    while (!at.end) {
        at.loop.pass_time(6'000ms);
        REQUIRE_FALSE(at.end.has_value());
        const std::string some = at.to.theirs.take();
        REQUIRE_FALSE(some.empty());
        received += some.size();
        at.loop.turn();
    }
    CHECK(at.end == transfer_end::complete);
    CHECK(received + at.received().size() == body.size());
}

TEST_CASE("a compressed body is flushed when its source pauses, and ended with it")
{
    http::gzip_encoder encoder(5);
    bench at(chunked, true);
    at.what.head = "HEAD\r\n\r\n";
    at.what.encoder = &encoder;
    at.start();
    CHECK(at.received() == "HEAD\r\n\r\n"); // which does not wait
    at.send("5\r\nhello\r\n");
    const std::string first = at.received();
    CHECK(first.find("\r\n\x1f\x8b") != std::string::npos);
    CHECK_FALSE(encoder.holds_back());
    CHECK(first.size() > 20);
    at.send("5\r\nagain\r\n0\r\nX-A: 1\r\n\r\n");
    REQUIRE(at.end == transfer_end::complete);
    CHECK(at.received().ends_with("\r\n0\r\nX-A: 1\r\n\r\n"));
    CHECK(at.what.bytes == 10); // as it came
    CHECK(encoder.bytes_in() == 10);
}

TEST_CASE("a compressed body that came with its head goes out in one piece with it")
{
    http::gzip_encoder encoder(5);
    bench at(length(5), true);
    at.what.head = "HEAD\r\n\r\n";
    at.what.ahead = "hellorest";
    at.what.encoder = &encoder;
    at.start();
    REQUIRE(at.end == transfer_end::complete);
    const std::string out = at.received();
    CHECK(out.starts_with("HEAD\r\n\r\n"));
    CHECK(out.ends_with("\r\n0\r\n\r\n"));
    CHECK(at.what.ahead_used == 5);
    CHECK(encoder.bytes_in() == 5);
}

TEST_CASE("a compressor gets small steps, between which others have their turn")
{
    http::gzip_encoder encoder(5);
    bench at(length(200'000), true);
    at.what.encoder = &encoder;
    const std::string all(200'000, 'a');
    at.what.ahead = all;
    at.loop.start(http::transfer(at.what), at.end);
    int turns_of_others = 0;
    std::function<void()> again = [&] {
        ++turns_of_others;
        if (!at.end) net::asio::post(at.loop.executor(), again);
    };
    net::asio::post(at.loop.executor(), again);
    at.loop.wait_for([&] { return at.end.has_value(); });
    CHECK(at.end == transfer_end::complete);
    CHECK(turns_of_others >= 200'000 / static_cast<int>(http::gzip_encoder::step_bytes));
    CHECK(encoder.bytes_in() == 200'000);
}
