#include "proxy/net/splice_pipe.hpp"
#include "test/proxy/http/transfer_bench.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fairlead;
using namespace std::chrono_literals;
using http::body_framing;
using http::transfer_end;
using http::test::chunked;
using http::test::length;
using bench = http::test::transfer_bench;

namespace {

std::string numbers(std::size_t least_bytes)
{
    std::string out;
    for (unsigned i = 0; out.size() < least_bytes; ++i)
        out += std::to_string(i) + ",";
    return out;
}

// Sends all of it as fast as it is taken and reads what comes, until the transfer has an end.
std::string pass(bench& at, std::string_view body)
{
    std::string received;
    while (!at.end) {
        const std::size_t took = at.from.theirs.offer(body);
        body.remove_prefix(took);
        const std::string some = at.received();
        REQUIRE((took != 0 || !some.empty()));
        received += some;
    }
    return received + at.received();
}

std::vector<net::splice_pipe> all_pipes()
{
    std::vector<net::splice_pipe> out;
    for (net::splice_pipe pipe = net::splice_pipe::borrow(); pipe.is_open();
         pipe = net::splice_pipe::borrow())
        out.push_back(std::move(pipe));
    return out;
}

} // namespace

TEST_CASE("a slow sink gets every byte, in order, through a pipe or by copies")
{
    const std::string body = numbers(3'000'000);
    for (const bool has_pipe : {true, false}) {
        CAPTURE(has_pipe);
        std::vector<net::splice_pipe> lent;
        if (!has_pipe) lent = all_pipes();
        bench at(length(body.size()));
        at.what.head = "HEAD\r\n\r\n";
        at.what.ahead = std::string_view(body).substr(0, 1'000);
        at.start();
        CHECK((pass(at, std::string_view(body).substr(1'000)) == "HEAD\r\n\r\n" + body));
        CHECK(at.end == transfer_end::complete);
        CHECK(at.what.bytes == body.size());
        CHECK(at.what.ahead_used == 1'000);
        CHECK(at.counted.value() == body.size());
    }
}

TEST_CASE("a large body borrows a pipe, and of what follows it nothing is taken")
{
    const std::string body = numbers(200'000);
    bench at(length(body.size()));
    at.start();
    CHECK(all_pipes().size() == net::splice_pipe::most_lent - 1);
    std::string_view left = body;
    left.remove_prefix(at.from.theirs.offer(left.substr(0, 100'000)));
    std::string received = at.received();
    std::string rest(left);
    rest += "HTTP/1.1 200 OK";
    std::string_view unsent = rest;
    while (!unsent.empty()) {
        unsent.remove_prefix(at.from.theirs.offer(unsent));
        received += at.received();
    }
    received += at.received();
    CHECK(at.end == transfer_end::complete);
    CHECK((received == body));
    CHECK(at.what.behind.empty());
    CHECK(all_pipes().size() == net::splice_pipe::most_lent);
    std::string next(64, '\0');
    next.resize(at.from.ours.try_read(next).count);
    CHECK(next == "HTTP/1.1 200 OK");
}

TEST_CASE("what must be seen is not moved unseen: a small body, a chunked one, one that is compressed")
{
    http::gzip_encoder encoder(6);
    const auto borrows = [](body_framing framing, bool to_chunked = false,
                            http::gzip_encoder* compressor = nullptr) {
        bench at(framing, to_chunked);
        at.what.encoder = compressor;
        at.start();
        return all_pipes().size() != net::splice_pipe::most_lent;
    };
    CHECK(borrows(length(100'000)));
    CHECK_FALSE(borrows(length(10'000)));
    CHECK_FALSE(borrows(chunked));
    CHECK_FALSE(borrows(length(100'000), true));
    CHECK_FALSE(borrows(length(100'000), true, &encoder));
}

TEST_CASE("a source that ends within a large body has failed, and what came before is delivered")
{
    bench at(length(1'000'000));
    at.start();
    at.send("some of it");
    CHECK(at.received() == "some of it");
    at.from.theirs.end();
    at.loop.turn();
    CHECK(at.end == transfer_end::source_failed);
    bench silent(length(1'000'000));
    silent.start();
    silent.loop.pass_time(5'200ms);
    CHECK(silent.end == transfer_end::source_overdue);
}

TEST_CASE("a sink that leaves within a large body fails the transfer")
{
    std::signal(SIGPIPE, SIG_IGN); // as the program does
    bench at(length(1'000'000));
    at.start();
    at.to.theirs.close();
    at.send("more");
    CHECK(at.end == transfer_end::sink_failed);
}
