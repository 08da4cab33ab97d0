#include "proxy/websocket/frame_trace.hpp"

#include "test/support/allocations.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using websocket::frame_trace;
using websocket::opcode;
using websocket::traced_frame;

namespace {

traced_frame numbered(std::uint64_t number)
{
    traced_frame out;
    out.header.length = number;
    return out;
}

} // namespace

TEST_CASE("the onlooker is told once, takes all there is, and is told again of what comes after")
{
    int told = 0;
    frame_trace trace([&] { ++told; });
    trace.add(numbered(1));
    trace.add(numbered(2));
    CHECK(told == 1);
    frame_trace::batch seen;
    trace.take(seen);
    REQUIRE(seen.frames.size() == 2);
    CHECK(seen.frames[1].header.length == 2);
    trace.take(seen);
    CHECK(seen.frames.empty());
    trace.end({metrics::party::client, websocket::end_cause::eof, 0});
    CHECK(told == 2);
    trace.take(seen);
    REQUIRE(seen.end.has_value());
    CHECK(seen.end->how.cause == websocket::end_cause::eof);
}

TEST_CASE("what does not fit is left out and counted, until what waits was taken")
{
    frame_trace trace([] {});
    for (std::uint64_t i = 0; i < frame_trace::most + 3; ++i)
        trace.add(numbered(i));
    frame_trace::batch seen;
    trace.take(seen);
    CHECK(seen.frames.size() == frame_trace::most);
    CHECK(seen.frames.back().header.length == frame_trace::most - 1);
    CHECK(seen.left_out == 3);
    trace.add(numbered(7));
    trace.take(seen);
    CHECK(seen.frames.size() == 1);
    CHECK(seen.left_out == 0);
}
