#include "proxy/server/connection_query.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::chrono_literals;
using server::connection_order;
using server::connection_query;
using server::read_connection_query;

TEST_CASE("the series of the first are those with the most bytes, 100 unless more are asked for")
{
    const auto usual = server::read_top_query("");
    CHECK(usual.problem.empty());
    CHECK(usual.query.sort == server::connection_order::bytes);
    CHECK(usual.query.limit == 100);
    const auto asked = server::read_top_query("top=10000&by=idle&route=chat");
    CHECK(asked.problem.empty());
    CHECK(asked.query.limit == 10'000);
    CHECK(asked.query.sort == server::connection_order::idle);
    CHECK(asked.query.route == "chat");
    CHECK(server::read_top_query("top=10001").problem != "");
    CHECK(server::read_top_query("by=name").problem == "by is one of age, bytes, messages, rtt and idle");
    CHECK(server::read_top_query("offset=5").problem != "");
}

TEST_CASE("nothing asked is the first hundred, the oldest first")
{
    const auto [query, problem] = read_connection_query("");
    CHECK(problem.empty());
    CHECK(query.sort == connection_order::age);
    CHECK_FALSE(query.is_ascending);
    CHECK(query.limit == 100);
    CHECK(query.offset == 0);
    CHECK_FALSE(query.route.has_value());
    CHECK_FALSE(query.client.has_value());
}

TEST_CASE("every filter, order and page that can be asked for")
{
    const auto [query, problem] =
        read_connection_query("id=ab12&route=chat&backend=app/10.0.0.1:80&listener=%3A8080"
                              "&client=192.0.2.0/24&source=10.0.0.9&min_age=5m&idle=30s&sort=rtt&order=asc"
                              "&limit=10&offset=20");
    REQUIRE(problem.empty());
    CHECK(query.id == "ab12");
    CHECK(query.route == "chat");
    CHECK(query.pool == "app");
    CHECK(query.backend == "10.0.0.1:80");
    CHECK(query.listener == ":8080");
    CHECK(query.client == conf::parse_cidr("192.0.2.0/24"));
    CHECK(query.source == conf::parse_cidr("10.0.0.9"));
    CHECK(query.min_age == 5min);
    CHECK(query.min_idle == 30s);
    CHECK(query.sort == connection_order::rtt);
    CHECK(query.is_ascending);
    CHECK(query.limit == 10);
    CHECK(query.offset == 20);
    CHECK(read_connection_query("pool=app").query.pool == "app");
}

TEST_CASE("what cannot be asked for is told in words")
{
    const auto problem = [](std::string_view query) { return read_connection_query(query).problem; };
    CHECK(problem("rout=chat") == "there is no parameter 'rout' here");
    CHECK(problem("backend=10.0.0.1:80") == "backend is POOL/ADDRESS, without pool=");
    CHECK(problem("pool=a&backend=b/c") == "backend is POOL/ADDRESS, without pool=");
    CHECK(problem("client=home") == "client is an address or a block such as 10.0.0.0/8");
    CHECK(problem("client=10.0.0.1/8") == "client is an address or a block such as 10.0.0.0/8");
    CHECK(problem("idle=long") == "idle is a duration such as 30s");
    CHECK(problem("sort=name") == "sort is one of age, bytes, messages, rtt and idle");
    CHECK(problem("order=up") == "order is asc or desc");
    CHECK(problem("limit=0") == "limit is a number from 1 to 1000");
    CHECK(problem("limit=1001") == "limit is a number from 1 to 1000");
    CHECK(problem("offset=9901") == "offset is a number from 0 to 9900");
    CHECK(problem("offset=9900").empty());
    CHECK(problem("limit=1000&offset=9001") == "offset is a number from 0 to 9000");
    CHECK(problem("route=a&route=b") == "route is there twice");
}

TEST_CASE("what is to be closed has to be named, and has a code that a Close may have")
{
    using server::read_close_query;
    const auto [query, problem] = read_close_query("route=chat&code=4001");
    CHECK(problem.empty());
    CHECK(query.route == "chat");
    CHECK(query.close_code == 4001);
    CHECK(read_close_query("idle=1h").query.close_code == 1001);
    CHECK(read_close_query("all=1").problem.empty());
    CHECK(read_close_query("").problem == "say which to close, or all=1");
    CHECK(read_close_query("all=1&route=chat").problem == "say which to close, or all=1");
    CHECK(read_close_query("all=1&limit=5").problem == "there is no parameter 'limit' here");
    CHECK(read_close_query("all=1&code=999").problem == "code is a number from 1000 to 4999");
    CHECK(read_close_query("all=1&code=1006").problem ==
          "1006 is no code that a Close may have (RFC 6455 7.4)");
}
