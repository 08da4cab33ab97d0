#include "proxy/upstream/connector.hpp"

#include "test/proxy/upstream/dialling.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using metrics::dial_failure;
using upstream::connect_outcome;
using upstream::test::dialling;
using upstream::test::listener;

namespace {

struct bench : dialling
{
    upstream::idle_connections idle;
    upstream::connector connector{dials, idle, loop.executor(), loop.wheel()};
    upstream::balancer choice{conf::balance_kind::round_robin, conf::duration{1000}, 1};
    metrics::backend_cells other_cells;
    std::array<metrics::backend_cells*, 2> both{&cells, &other_cells};

    connect_outcome connect(upstream::connect_request& request)
    {
        return loop.finish(connector.connect(request));
    }
    upstream::connect_request ask(const upstream::pool& from)
    {
        return {.from = from, .choice = choice, .cells = both, .options = options, .ends = ends, .tried = {}};
    }
};

} // namespace

TEST_CASE("a dead backend costs one try, begins its back-off and another one is taken")
{
    const listener alive;
    bench at;
    const auto pool = at.make_pool({upstream::test::refusing_address(), net::to_string(alive.address())});
    upstream::backend& dead = *pool->backends()[0];
    // Round robin starts anywhere: two requests meet the dead one.
    for (int i = 0; i < 2; ++i) {
        auto request = at.ask(*pool);
        const connect_outcome outcome = at.connect(request);
        REQUIRE(outcome.made != nullptr);
        CHECK(outcome.position == 1);
        CHECK(outcome.made->to == pool->backends()[1]);
        CHECK(outcome.use.owner() == pool->backends()[1].get());
        CHECK(pool->backends()[1]->live() == 1);
        CHECK(dead.live() == 0);
        CHECK(request.tried.contains(0) == (request.tried.size() == 1));
    }
    CHECK(dead.backoff().failures() == 1);
    CHECK(at.cells.dials.value() == 1);
    CHECK(at.other_cells.dials.value() == 2);
    CHECK(pool->backends()[1]->live() == 0);
}

TEST_CASE("when all backends fail, each was tried once and the last failure is told")
{
    bench at;
    const auto pool = at.make_pool({upstream::test::refusing_address(), "unix:/nonexistent/app.sock"});
    auto request = at.ask(*pool);
    const connect_outcome outcome = at.connect(request);
    CHECK(outcome.made == nullptr);
    CHECK_FALSE(outcome.use);
    CHECK(outcome.was_any_tried);
    CHECK(outcome.failure == dial_failure::refused);
    CHECK(request.tried.size() == 2);
    CHECK(at.cells.dials.value() == 1);
    CHECK(at.other_cells.dials.value() == 1);
    const connect_outcome again = at.connect(request);
    CHECK(again.made == nullptr);
    CHECK_FALSE(again.was_any_tried);
}

TEST_CASE("a backend that answers again ends its back-off")
{
    const listener alive;
    bench at;
    const auto pool = at.make_pool({net::to_string(alive.address())});
    pool->backends()[0]->backoff().fail({}, std::chrono::steady_clock::now(), pool->backoff());
    REQUIRE(pool->backends()[0]->backoff().failures() == 1);
    auto request = at.ask(*pool);
    CHECK(at.connect(request).made != nullptr); // the only one: an attempt beats a refusal
    CHECK(pool->backends()[0]->backoff().failures() == 0);
}

TEST_CASE("a kept connection is taken before a new one is made, unless a new one is wanted")
{
    const listener alive;
    bench at;
    const auto pool = at.make_pool({net::to_string(alive.address())});
    auto request = at.ask(*pool);
    connect_outcome first = at.connect(request);
    REQUIRE(first.made != nullptr);
    at.idle.put(std::move(first.made), 8, 0);

    auto fresh = at.ask(*pool);
    fresh.may_reuse = false;
    connect_outcome second = at.connect(fresh);
    REQUIRE(second.made != nullptr);
    CHECK_FALSE(second.made->is_reused);
    CHECK(at.cells.reused.value() == 0);

    connect_outcome third = at.connect(request);
    REQUIRE(third.made != nullptr);
    CHECK(third.made->is_reused);
    CHECK(third.use.owner() == pool->backends()[0].get());
    CHECK(at.cells.reused.value() == 1);
    CHECK(at.cells.dials.value() == 2);
}

TEST_CASE("a connection on which the backend was told the client is kept for that client alone")
{
    const listener alive;
    bench at;
    const auto pool = at.make_pool({net::to_string(alive.address())}, {}, conf::proxy_protocol::v2);
    at.ends.client = net::ip_port{conf::parse_ip_address("192.0.2.1").value(), 5000};
    auto request = at.ask(*pool); // refers to at.ends
    connect_outcome first = at.connect(request);
    REQUIRE(first.made != nullptr);
    CHECK(first.made->owner == upstream::connection_owner::client(at.ends.client));
    at.idle.put(std::move(first.made), 8, 0);

    at.ends.client->port = 5001;
    const connect_outcome other = at.connect(request);
    REQUIRE(other.made != nullptr);
    CHECK_FALSE(other.made->is_reused);

    at.ends.client->port = 5000;
    const connect_outcome again = at.connect(request);
    REQUIRE(again.made != nullptr);
    CHECK(again.made->is_reused);
}

TEST_CASE("a kept connection does not stand for the probe that ends a back-off")
{
    const listener alive;
    bench at;
    const auto pool = at.make_pool({net::to_string(alive.address())});
    auto request = at.ask(*pool);
    connect_outcome first = at.connect(request);
    REQUIRE(first.made != nullptr);
    at.idle.put(std::move(first.made), 8, 0);
    pool->backends()[0]->backoff().fail({}, std::chrono::steady_clock::now() - std::chrono::hours(1),
                                        pool->backoff());
    const connect_outcome probe = at.connect(request);
    REQUIRE(probe.made != nullptr);
    CHECK_FALSE(probe.made->is_reused);
    CHECK(pool->backends()[0]->backoff().failures() == 0);
    CHECK(at.idle.size() == 1);
}

TEST_CASE("a want of source tuples, or of an address for the name, begins no back-off")
{
    const listener alive;
    bench at;
    std::unique_ptr<upstream::pool> pool;
    SUBCASE("tuples") { pool = at.make_pool({net::to_string(alive.address())}, {"198.51.100.1"}); }
    SUBCASE("address") { pool = at.make_pool({"app.internal:80"}); }
    auto request = at.ask(*pool);
    const connect_outcome outcome = at.connect(request);
    CHECK(outcome.made == nullptr);
    CHECK(outcome.was_any_tried);
    CHECK(outcome.failure == (pool->source() ? dial_failure::ports_exhausted : dial_failure::unresolved));
    CHECK(pool->backends()[0]->backoff().failures() == 0);
}

TEST_CASE("any number of full backends is passed over on the way to the last free tuple")
{
    constexpr int backend_count = 12; // more than the tries of one request
    std::vector<listener> listeners(backend_count);
    bench at;
    conf::pool_options written;
    written.name = "many";
    for (const auto& each : listeners)
        written.backends.push_back({conf::parse_endpoint(net::to_string(each.address())).value(), 1, {}});
    written.source = {conf::parse_cidr("127.0.0.7").value()};
    written.ports = {{31'020, 31'020}};
    const upstream::pool pool(written, {}, at.registry, at.ledger);
    std::vector<metrics::backend_cells*> cells(backend_count, &at.cells);
    std::vector<connect_outcome> kept;
    for (int i = 0; i < backend_count; ++i) {
        auto request = at.ask(pool);
        request.cells = cells;
        kept.push_back(at.connect(request));
        REQUIRE(kept.back().made != nullptr);
        CHECK(request.tried.size() == 0);
    }
    auto request = at.ask(pool);
    request.cells = cells;
    const connect_outcome refused = at.connect(request);
    CHECK(refused.made == nullptr);
    CHECK(refused.failure == dial_failure::ports_exhausted);
}

TEST_CASE("who leaves while a backend is dialled gets none, and no backend is blamed or tried after it")
{
    const listener silent("127.0.0.1", 0); // room for one; the kernel drops the SYN of the next
    const auto first = fairlead::test::connect_to(silent.address());
    const auto second = fairlead::test::connect_to(silent.address());
    bench at;
    const auto pool = at.make_pool({net::to_string(silent.address())});
    auto request = at.ask(*pool);
    std::optional<connect_outcome> outcome;
    at.loop.start(at.connector.connect(request), outcome);
    at.loop.turn();
    CHECK_FALSE(outcome.has_value());
    CHECK(request.chosen == 0);
    request.leave();
    at.loop.turn();
    REQUIRE(outcome.has_value());
    CHECK(outcome->made == nullptr);
    CHECK(outcome->refused == upstream::no_room::left);
    CHECK(pool->backends()[0]->backoff().failures() == 0);
    CHECK(pool->backends()[0]->live() == 0);
    CHECK(at.cells.dials.value() == 1);
}

TEST_CASE("who does not want to wait for room is told that there is none")
{
    const listener alive;
    bench at;
    const auto pool = at.make_pool({net::to_string(alive.address())});
    pool->backends()[0]->set_max_connections(1);
    pool->queue()->configure(conf::queue_options{10, std::chrono::seconds(5)});
    auto first = at.ask(*pool);
    const connect_outcome served = at.connect(first);
    REQUIRE(served.made != nullptr);
    auto hurried = at.ask(*pool);
    hurried.may_wait = false;
    CHECK(at.connect(hurried).refused == upstream::no_room::backends_full);
    CHECK(hurried.waited.count() == 0);
}
