#include "proxy/net/splice_pipe.hpp"
#include "test/proxy/websocket/relay_bench.hpp"

#include <algorithm>
#include <random>

using namespace fairlead;
using test::masked_hello;
using test::our_close;
using test::plain_hello;
using bench = test::relay_bench;

namespace {

constexpr std::size_t large = 300'000;

// A binary frame from the backend, or from the client with a mask of its own.
std::string frame_of(std::size_t size, bool is_masked = false)
{
    std::string out("\x82", 1);
    const char mask_bit = is_masked ? '\x80' : '\0';
    if (size < 126) {
        out += static_cast<char>(mask_bit | static_cast<char>(size));
    } else {
        const int length_bytes = size < 65'536 ? 2 : 8;
        out += static_cast<char>(mask_bit | (length_bytes == 2 ? 126 : 127));
        for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8)
            out += static_cast<char>(size >> shift & 0xff);
    }
    if (is_masked) out += "mask";
    const std::size_t header = out.size();
    out.resize(header + size);
    for (std::size_t i = 0; i < size; ++i)
        out[header + i] = static_cast<char>(i * 31 + size);
    return out;
}

// Sends all of it as the relay takes it, and returns what comes out at the other end meanwhile.
std::string pass(bench& at, int from, int to, std::string_view data, std::size_t piece = large)
{
    std::string got;
    while (!data.empty()) {
        const ssize_t count = ::send(from, data.data(), std::min(piece, data.size()), MSG_NOSIGNAL);
        if (count > 0) data.remove_prefix(static_cast<std::size_t>(count));
        const std::string came = at.take(to);
        REQUIRE_FALSE((count <= 0 && came.empty()));
        got += came;
    }
    return got + at.take(to);
}

// Puts in what goes in while nobody reads at the other end; returns how much that was.
std::size_t fill(bench& at, int from, std::string_view data)
{
    std::size_t gone = 0;
    for (int stalled = 0; stalled < 3 && gone < data.size();) {
        const ssize_t count = ::send(from, data.data() + gone, data.size() - gone, MSG_NOSIGNAL);
        at.turn();
        stalled = count > 0 ? 0 : stalled + 1;
        if (count > 0) gone += static_cast<std::size_t>(count);
    }
    return gone;
}

const websocket::leg* leg_of(const bench& at, websocket::side which)
{
    return at.origin->tunnels.empty() ? nullptr : &at.origin->tunnels.front().of(which);
}

std::uint64_t binary_messages(const bench& at, metrics::direction to)
{
    return at.cells.messages[to][metrics::frame_kind::binary].value();
}

} // namespace

TEST_CASE("a large message passes untouched and is counted with its bytes, once")
{
    bench at;
    const std::string up = frame_of(large, true);
    const std::string down = frame_of(large);
    CHECK(pass(at, at.client, at.backend, up) == up);
    CHECK(pass(at, at.backend, at.client, down) == down);
    using metrics::direction;
    CHECK(binary_messages(at, direction::to_backend) == 1);
    CHECK(binary_messages(at, direction::to_client) == 1);
    CHECK(at.cells.bytes[direction::to_backend].value() == up.size());
    CHECK(at.cells.bytes[direction::to_client].value() == down.size());
}

TEST_CASE("large and small frames in any pieces keep their order and their counts")
{
    std::mt19937 lots(5); // the same each time
    for (const std::size_t piece : {std::size_t{7'001}, std::size_t{40'000}, large}) {
        bench at;
        std::string sent;
        std::uint64_t count = 0;
        for (const std::size_t size : {large, 5UL, 0UL, 32'768UL, 32'767UL, large, 125UL, 126UL, 65'535UL,
                                       65'536UL, 600UL, 1UL, 2 * large})
        {
            for (unsigned again = lots() % 3; again < 3; ++again, ++count)
                sent += frame_of(size);
        }
        CHECK((pass(at, at.backend, at.client, sent, piece) == sent));
        CHECK(binary_messages(at, metrics::direction::to_client) == count);
        CHECK(leg_of(at, websocket::side::backend)->from.at_boundary());
    }
}

TEST_CASE("a slow reader's payload waits in the pipe, and all comes in order when it reads again")
{
    bench at;
    const std::string sent = frame_of(8 * large) + plain_hello;
    const std::size_t gone = fill(at, at.backend, sent);
    REQUIRE(gone < sent.size());
    const websocket::leg* sink = leg_of(at, websocket::side::client);
    REQUIRE(sink != nullptr);
    REQUIRE(sink->waiting);
    CHECK(sink->waiting->pipe.held() > 0);
    CHECK(sink->waiting->bytes.empty());
    const std::string first = at.take(at.client);
    CHECK((first + pass(at, at.backend, at.client, std::string_view(sent).substr(gone)) == sent));
    CHECK_FALSE(sink->waiting);
    CHECK(at.cells.messages[metrics::direction::to_client][metrics::frame_kind::text].value() == 1);
}

TEST_CASE("the proxy's own Close waits for the end of a large frame and comes right behind it")
{
    bench at;
    const std::string sent = frame_of(8 * large);
    const std::size_t gone = fill(at, at.backend, sent);
    REQUIRE(gone < sent.size());
    REQUIRE(at.relay.close_oldest(1, test::drained) == 1);
    std::string got = at.take(at.client);
    got += pass(at, at.backend, at.client, std::string_view(sent).substr(gone));
    CHECK((got == sent + our_close));
    CHECK(binary_messages(at, metrics::direction::to_client) == 1);
}

TEST_CASE("without a pipe to borrow, large messages are copied")
{
    std::vector<net::splice_pipe> all;
    for (unsigned i = 0; i < net::splice_pipe::most_lent; ++i)
        all.push_back(net::splice_pipe::borrow());
    REQUIRE_FALSE(net::splice_pipe::borrow().is_open());
    bench at;
    const std::string sent = frame_of(large) + frame_of(large);
    CHECK((pass(at, at.backend, at.client, sent) == sent));
    CHECK(binary_messages(at, metrics::direction::to_client) == 2);
}

TEST_CASE("a reader that goes in the middle of a large frame leaves nothing to the next tunnel")
{
    {
        bench at;
        const std::size_t gone = fill(at, at.backend, frame_of(8 * large));
        REQUIRE(gone < 8 * large);
        ::close(at.client);
        at.client = ::dup(at.backend);
        at.turn();
        REQUIRE(at.ended.size() == 1);
        CHECK(at.ended[0].end.by == metrics::party::client);
    }
    bench next;
    const std::string sent = frame_of(large);
    CHECK((pass(next, next.backend, next.client, sent) == sent));
}

TEST_CASE("an end in the middle of a large frame is passed on behind what came of it")
{
    bench at;
    const std::string sent = frame_of(large, true).substr(0, large / 2);
    std::string got = pass(at, at.client, at.backend, sent);
    ::shutdown(at.client, SHUT_WR);
    got += at.take(at.backend);
    CHECK((got == sent + "<end>"));
    CHECK(binary_messages(at, metrics::direction::to_backend) == 0);
    at.put(at.backend, plain_hello);
    CHECK(at.take(at.client) == plain_hello);
}

TEST_CASE("small messages behind a large one cost no more than before")
{
    bench at;
    const std::string big = frame_of(large, true);
    REQUIRE((pass(at, at.client, at.backend, big) == big));
    REQUIRE(leg_of(at, websocket::side::client)->is_bulky);
    at.put(at.client, masked_hello);
    CHECK(at.take(at.backend) == masked_hello);
    CHECK_FALSE(leg_of(at, websocket::side::client)->is_bulky);
}
