#include "proxy/cli/trace_line.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <string>

using namespace fairlead;

namespace {

std::string line(const std::string& event) { return cli::trace_line(boost::json::parse(event).as_object()); }

} // namespace

TEST_CASE("a frame is told by when, from whom to whom, what and how much")
{
    CHECK(line(R"({"event":"frame","after":1.5,"from":"client","to":"backend","opcode":"text","fin":true,
        "rsv":0,"masked":true,"length":1234})") == "    1.500000  client  > backend  text        1,234 B\n");
    CHECK(line(R"({"event":"frame","after":12.000001,"from":"proxy","to":"client","opcode":"close","fin":true,
        "rsv":0,"masked":false,"length":2,"code":1001})") ==
          "   12.000001  proxy   > client   close       2 B  code 1001\n");
    CHECK(line(R"({"event":"frame","after":0,"from":"backend","to":"client","opcode":"binary","fin":false,
        "rsv":4,"masked":false,"length":0})") ==
          "    0.000000  backend > client   binary      0 B  more follows  compressed\n");
}

TEST_CASE("so are the other events, and what is not known is left out")
{
    CHECK(line(R"({"event":"begin","at":"2026-01-31T12:00:00.250Z","id":"a1","for":60})") ==
          "tracing a1 from 2026-01-31T12:00:00.250Z for 60 s\n");
    CHECK(line(R"({"event":"left_out","count":5000})") == "              5,000 frames were left out here\n");
    CHECK(line(R"({"event":"end","after":3,"by":"client","cause":"close","code":1005})") ==
          "    3.000000  ended by client: close  no code\n");
    CHECK(line(R"({"event":"time","after":60})") == "   60.000000  time is over; the tunnel goes on\n");
    CHECK(line(R"({"event":"news"})").empty());
}
