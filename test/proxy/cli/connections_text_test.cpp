#include "proxy/cli/connections_text.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

using namespace fairlead;
namespace json = boost::json;

namespace {

json::object parsed(json::string_view text) { return json::parse(text).as_object(); }

} // namespace

TEST_CASE("connections are lines of a table, with what they are seldom asked for left out")
{
    const auto answer = parsed(R"({"matched":1200,"offset":100,"limit":2,"connections":[
        {"id":"a1","route":"chat","pool":"app","phase":"open","age":7300.5,"idle":0.2,
         "client":{"address":"192.0.2.1:5000","bytes":20480,"messages":1000,"tcp_round_trip_us":1540},
         "backend":{"address":"10.0.0.1:80","bytes":100,"messages":7}},
        {"id":"b2","route":"chat","pool":"app","phase":"closing","age":90,"idle":90,
         "client":{"address":"unix","bytes":0,"messages":0,"round_trip_us":2000,"tcp_round_trip_us":9},
         "backend":{"address":"10.0.0.1:80","bytes":5,"messages":0}}]})");
    CHECK(cli::connections_text(answer) ==
          "  id  client          route  backend           age  idle  messages   bytes     rtt\n"
          "  a1  192.0.2.1:5000  chat   app/10.0.0.1:80   2 h   0 s     1,007  20 KiB  1.5 ms\n"
          "  b2  unix            chat   app/10.0.0.1:80  90 s  90 s         0     5 B  2.0 ms  closing\n"
          "101 to 102 of 1,200\n");
    CHECK(cli::connections_text(parsed(R"({"matched":0,"connections":[]})")) ==
          "no connection is open that fits\n");
    CHECK(cli::connections_text(parsed(R"({"matched":3,"offset":10,"connections":[]})")) ==
          "no more of them\n");
    CHECK(cli::connections_text(parsed(R"({"matched":1,"connections":[{}]})")).ends_with("1 to 1 of 1\n"));
}

TEST_CASE("what is closed is counted")
{
    CHECK(cli::closed_text(parsed(R"({"closed":1})")) == "1 connection is being closed\n");
    CHECK(cli::closed_text(parsed(R"({"closed":1500})")) == "1,500 connections are being closed\n");
}
