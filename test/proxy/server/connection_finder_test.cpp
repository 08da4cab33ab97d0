#include "proxy/server/connection_finder.hpp"

#include "test/proxy/websocket/relay_bench.hpp"
#include "test/support/allocations.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <new>
#include <optional>
#include <string>
#include <vector>

using namespace fairlead;
using namespace std::chrono_literals;
using server::connection_finder;
using server::connection_order;
using server::connection_query;
using server::found_connections;

namespace {

// Tunnels "0", "1"... opened in that order, over socket pairs that the test holds.
struct bench
{
    test::relay_bench base;
    connection_finder finder{base.io.get_executor(), base.relay};
    std::vector<std::pair<int, int>> theirs; // client and backend

    bench()
    {
        base.relay.close_oldest(1, test::drained); // the bench's own has no name
        test::relay_bench::put(base.client, test::masked_close);
        test::relay_bench::put(base.backend, test::plain_close);
        base.turn();
        base.pass_time(20'000);
        REQUIRE(base.relay.size() == 0);
    }
    ~bench()
    {
        for (const auto& [a, b] : theirs) {
            ::close(a);
            ::close(b);
        }
    }

    void open(const std::string& route = "chat", std::string_view from = "192.0.2.1:5000")
    {
        const auto [our_client, their_client] = test::relay_bench::pair();
        const auto [our_backend_fd, their_backend] = test::relay_bench::pair();
        const std::string id = std::to_string(theirs.size());
        theirs.emplace_back(their_client, their_backend);
        websocket::tunnel_start begin;
        begin.client.fd = our_client;
        begin.backend.fd = our_backend_fd;
        begin.origin = boost::intrusive_ptr<websocket::tunnel_origin>(new websocket::tunnel_origin);
        begin.origin->cells = &base.cells;
        begin.origin->route = route;
        begin.origin->pool = "app";
        begin.origin->backend = "10.0.0.1:80";
        begin.origin->listener = ":8080";
        begin.texts = {id, from, "10.0.0.9:40000", "example.org", "/ws", {}, {}, {}};
        REQUIRE(base.relay.launch(std::move(begin)));
        base.turn();
    }

    std::optional<found_connections> ask(connection_query asked)
    {
        std::optional<found_connections> out;
        finder.find(std::make_shared<const connection_query>(asked),
                    [&](found_connections found) { out = std::move(found); });
        base.turn();
        return out;
    }
    // The ids in the order that was asked for.
    std::string ids(const connection_query& asked)
    {
        auto found = ask(asked);
        REQUIRE(found.has_value());
        std::ranges::sort(found->first,
                          [&](const auto& a, const auto& b) { return server::comes_before(asked, a, b); });
        std::string out;
        for (const auto& each : found->first)
            out += each.row->id + " ";
        return out;
    }
};

} // namespace

TEST_CASE("without a filter all are told, the oldest first, and a page has its size")
{
    bench at;
    for (int i = 0; i < 5; ++i)
        at.open();
    connection_query asked;
    CHECK(at.ids(asked) == "0 1 2 3 4 ");
    asked.is_ascending = true;
    CHECK(at.ids(asked) == "4 3 2 1 0 ");
    asked.limit = 2;
    asked.offset = 1;
    CHECK(at.ids(asked) == "4 3 2 "); // what is before the page comes with it
    CHECK(at.ask(asked)->matched == 5);
}

TEST_CASE("each filter leaves out who is not meant")
{
    bench at;
    at.open("chat", "192.0.2.1:5000");
    at.open("news", "192.0.2.2:5000");
    at.open("chat", "[2001:db8::1]:5000");
    at.open("chat", "unix");
    const auto with = [&](auto set) {
        connection_query asked;
        set(asked);
        return at.ids(asked);
    };
    CHECK(with([](auto& q) { q.route = "news"; }) == "1 ");
    CHECK(with([](auto& q) { q.id = "2"; }) == "2 ");
    CHECK(with([](auto& q) { q.client = conf::parse_cidr("192.0.2.0/24"); }) == "0 1 ");
    CHECK(with([](auto& q) { q.client = conf::parse_cidr("2001:db8::1"); }) == "2 ");
    CHECK(with([](auto& q) { q.source = conf::parse_cidr("10.0.0.9"); }) == "0 1 2 3 ");
    CHECK(with([](auto& q) { q.source = conf::parse_cidr("10.0.0.8"); }).empty());
    CHECK(with([](auto& q) { q.pool = "other"; }).empty());
    CHECK(with([](auto& q) { q.backend = "10.0.0.2:80"; }).empty());
    CHECK(with([](auto& q) { q.listener = ":8080"; }) == "0 1 2 3 ");
    CHECK(with([](auto& q) { q.min_age = 1h; }).empty());
}

TEST_CASE("idle tunnels are those without data, and can be told by it")
{
    bench at;
    at.open();
    at.open();
    at.base.pass_time(10'000);
    test::relay_bench::put(at.theirs[0].first, test::masked_hello);
    at.base.turn();
    connection_query asked;
    asked.sort = connection_order::idle;
    CHECK(at.ids(asked) == "1 0 ");
    asked.min_idle = 5s;
    CHECK(at.ids(asked) == "1 ");
    const auto found = at.ask(asked);
    CHECK(found->first.front().row->idle >= 9s);
}

TEST_CASE("the busiest come first, with what is known of them")
{
    bench at;
    for (int i = 0; i < 3; ++i)
        at.open();
    for (int i = 0; i < 2; ++i)
        test::relay_bench::put(at.theirs[1].first, test::masked_hello);
    test::relay_bench::put(at.theirs[2].second, test::plain_hello);
    at.base.turn();
    connection_query asked;
    asked.limit = 2;
    asked.sort = connection_order::messages;
    CHECK(at.ids(asked) == "1 2 ");
    asked.sort = connection_order::bytes;
    CHECK(at.ids(asked) == "1 2 ");
    asked.id = "1";
    const auto found = at.ask(asked);
    const server::connection_row& row = *found->first.front().row;
    CHECK(row.client.messages == 2);
    CHECK(row.client.bytes == 2 * test::masked_hello.size());
    CHECK(row.client.address == "192.0.2.1:5000");
    CHECK(row.backend.address == "10.0.0.1:80");
    CHECK(row.backend.local == "10.0.0.9:40000");
    CHECK(row.host == "example.org");
    CHECK(row.path == "/ws");
    CHECK(row.is_websocket);
    CHECK(row.phase == websocket::end_phase::open);
}

TEST_CASE("many tunnels are looked at in turns, and those that end meanwhile are left out")
{
    bench at;
    for (int i = 0; i < 200; ++i)
        at.open();
    std::optional<found_connections> first;
    std::optional<found_connections> second;
    connection_query asked;
    asked.limit = 1'000;
    const auto shared = std::make_shared<const connection_query>(asked);
    at.finder.find(shared, [&](found_connections found) { first = std::move(found); });
    at.finder.find(shared, [&](found_connections found) { second = std::move(found); });
    CHECK_FALSE(first.has_value()); // that was one turn
    at.base.relay.shut_down();      // the tunnel that comes next among them
    at.base.turn();
    REQUIRE(first.has_value());
    CHECK(first->matched == 64);
    REQUIRE(second.has_value());
    CHECK(second->matched == 0);
}

TEST_CASE("those that are meant are closed with the code that was asked for, once")
{
    bench at;
    at.open("chat");
    at.open("news");
    at.open("chat");
    connection_query asked;
    asked.route = "chat";
    asked.close_code = 4001;
    CHECK(at.ask(asked)->matched == 2);
    CHECK(at.base.take(at.theirs[0].first) == "\x88\x18\x0f\xa1"
                                              "closed by the operator");
    CHECK(at.base.take(at.theirs[1].first).empty());
    CHECK(at.base.take(at.theirs[2].second).starts_with("\x88\x98"));
    CHECK(at.ask(asked)->matched == 0); // they are closing
    for (const auto& [client, backend] : at.theirs) {
        test::relay_bench::put(client, test::masked_close);
        test::relay_bench::put(backend, test::plain_close);
    }
    at.base.turn();
    CHECK(std::ranges::count_if(at.base.ended, [](const auto& each) {
              return each.end.cause == test::end_cause::ordered && each.end.code == 4001;
          }) == 2);
}

TEST_CASE("out of memory costs the one query")
{
    bench at;
    for (int i = 0; i < 100; ++i)
        at.open();
    connection_query asked;
    asked.limit = 1'000;
    const auto shared = std::make_shared<const connection_query>(asked);
    bool is_first_told = false;
    std::uint64_t matched = 0;
    at.finder.find(shared, [&](const found_connections&) { is_first_told = true; });
    at.finder.find(shared, [&](const found_connections& found) { matched = found.matched; });
    {
        const test::out_of_memory now(test::out_of_memory::what::objects);
        CHECK_THROWS_AS(at.base.turn(), std::bad_alloc);
    }
    at.base.turn();
    CHECK_FALSE(is_first_told);
    CHECK(matched == 100);
}
