#include "proxy/websocket/frame_trace.hpp"
#include "proxy/websocket/relay.hpp"

#include "test/proxy/websocket/relay_bench.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

using namespace fairlead;
using test::relay_bench;
using websocket::frame_trace;
using websocket::opcode;
using websocket::side;

namespace {

struct traced_bench
{
    relay_bench at;
    std::shared_ptr<frame_trace> trace = std::make_shared<frame_trace>([] {});
    frame_trace::batch seen;

    traced_bench() { begin(trace); }
    explicit traced_bench(const relay_bench::setting& how)
        : at(how)
    {
        begin(trace);
    }
    void begin(const std::shared_ptr<frame_trace>& into)
    {
        at.relay.look_at_all(websocket::relay::looker::query, true, 1,
                             [&](websocket::tunnel& each) { at.relay.trace(each, into); });
    }
    void from_client(std::string_view bytes) { relay_bench::put(at.client, bytes); }
    void from_backend(std::string_view bytes) { relay_bench::put(at.backend, bytes); }
    // "c:1f+5m " is a masked final text frame of 5 bytes from the client; "p" is the proxy itself.
    std::string frames()
    {
        at.turn();
        trace->take(seen);
        std::string out;
        for (const auto& each : seen.frames) {
            out += each.is_ours ? (each.to == side::client ? "p>c:" : "p>b:")
                                : (each.to == side::backend ? "c:" : "b:");
            out += std::to_string(static_cast<int>(each.header.code)) + (each.header.is_final ? "f" : "") +
                   "+" + std::to_string(each.header.length) + (each.header.is_masked ? "m" : "");
            if (each.header.reserved != 0) out += "r" + std::to_string(each.header.reserved);
            if (each.close_code != 0) out += "=" + std::to_string(each.close_code);
            out += " ";
        }
        return out;
    }
};

} // namespace

TEST_CASE("headers are told as they pass, by direction, and never their payload")
{
    traced_bench bench;
    bench.from_client(test::masked_hello);
    CHECK(bench.frames() == "c:1f+5m ");
    bench.from_backend(test::plain_hello + std::string("\xc2\x00", 2) + std::string("\x01\x00", 2));
    CHECK(bench.frames() == "b:1f+5 b:2f+0r4 b:1+0 ");
    CHECK(bench.at.take(bench.at.client).ends_with(std::string("\x01\x00", 2))); // and what passes is whole
}

TEST_CASE("a header in pieces is told once, when it is complete")
{
    traced_bench bench;
    for (const char c : test::masked_hello) {
        bench.from_client({&c, 1});
        bench.at.turn();
    }
    CHECK(bench.frames() == "c:1f+5m ");
}

TEST_CASE("... also where frames are judged, and their first bytes held back")
{
    relay_bench::setting how;
    how.policy.from_client.enforce = true;
    how.policy.from_backend.enforce = true;
    traced_bench bench(how);
    for (const char c : test::masked_hello + test::masked_close) {
        bench.from_client({&c, 1});
        bench.at.turn();
    }
    CHECK(bench.frames() == "c:1f+5m c:8f+2m=1000 ");
}

TEST_CASE("a Close is told with its code, and the end of the tunnel after it")
{
    traced_bench bench;
    bench.from_client(test::masked_close);
    CHECK(bench.frames() == "c:8f+2m=1000 ");
    bench.from_backend(std::string("\x88\x00", 2));
    CHECK(bench.frames() == "b:8f+0=1005 ");
    CHECK(!bench.seen.end);
    ::shutdown(bench.at.backend, SHUT_WR);
    bench.at.turn();
    ::shutdown(bench.at.client, SHUT_WR);
    CHECK(bench.frames() == "");
    REQUIRE(bench.seen.end.has_value());
    CHECK(bench.seen.end->how.by == metrics::party::client);
    CHECK(bench.seen.end->how.cause == websocket::end_cause::close_frame);
    CHECK(bench.seen.end->how.code == 1000);
}

TEST_CASE("what the proxy sends by itself is told as its own")
{
    relay_bench::setting how;
    how.policy.alive.ping_every = 10;
    how.policy.alive.pong_timeout = 100;
    traced_bench bench(how);
    bench.at.pass_time(1'500);
    CHECK(bench.frames() == "p>c:9f+8 p>b:9f+8m ");
    bench.at.relay.close_oldest(1, test::drained);
    CHECK(bench.frames() == "p>c:8f+18=1001 p>b:8f+18m=1001 ");
}

TEST_CASE("several may look on at one tunnel, and each ends by itself")
{
    traced_bench bench;
    const auto second = std::make_shared<frame_trace>([] {});
    bench.begin(second);
    bench.from_client(test::masked_hello);
    CHECK(bench.frames() == "c:1f+5m ");
    frame_trace::batch seen;
    second->take(seen);
    CHECK(seen.frames.size() == 1);
    bench.at.relay.end_trace(*second);
    bench.from_client(test::masked_hello);
    CHECK(bench.frames() == "c:1f+5m ");
    second->take(seen);
    CHECK(seen.frames.empty());
    bench.at.relay.end_trace(*bench.trace);
    bench.at.relay.end_trace(*bench.trace); // again
    bench.from_client(test::masked_hello);
    CHECK(bench.frames() == "");
    CHECK(second.use_count() == 1);
}
