#include "proxy/server/connection_trace.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <string>

using namespace fairlead;
using namespace std::chrono_literals;
using websocket::opcode;
using websocket::side;

namespace {

websocket::frame_trace::batch some(std::chrono::steady_clock::time_point begun)
{
    websocket::frame_trace::batch out;
    websocket::traced_frame text;
    text.at = begun + 1'500us;
    text.header = {5, opcode::text, true, true, 4};
    text.to = side::backend;
    out.frames.push_back(text);
    websocket::traced_frame close;
    close.at = begun + 2s;
    close.header = {2, opcode::close, true, false, 0};
    close.is_ours = true;
    close.close_code = 1001;
    out.frames.push_back(close);
    out.left_out = 12;
    out.end = websocket::traced_end{begun + 3s, {metrics::party::proxy, metrics::end_cause::drained, 1001}};
    return out;
}

} // namespace

TEST_CASE("each frame is a line of JSON, as are what was left out and the end")
{
    const server::trace_text text{std::chrono::steady_clock::now()};
    std::string out;
    text.add(out, some(text.begun));
    std::vector<boost::json::value> lines;
    for (std::size_t at = 0; at < out.size();) {
        const auto end = out.find('\n', at);
        lines.push_back(boost::json::parse(out.substr(at, end - at)));
        at = end + 1;
    }
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == boost::json::parse(R"({"event":"frame","after":0.0015,"from":"client","to":"backend",
        "opcode":"text","fin":true,"rsv":4,"masked":true,"length":5})"));
    CHECK(lines[1] == boost::json::parse(R"({"event":"frame","after":2E0,"from":"proxy","to":"client",
        "opcode":"close","fin":true,"rsv":0,"masked":false,"length":2,"code":1001})"));
    CHECK(lines[2] == boost::json::parse(R"({"event":"left_out","count":12})"));
    CHECK(lines[3] ==
          boost::json::parse(R"({"event":"end","after":3E0,"by":"proxy","cause":"drained","code":1001})"));
}

TEST_CASE("for who accepts server-sent events each line is one")
{
    const server::trace_text text{std::chrono::steady_clock::now(), true};
    std::string out;
    text.add_line(out, "{}");
    CHECK(out == "data: {}\n\n");
}
