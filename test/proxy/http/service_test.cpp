#include "proxy/http/service.hpp"

#include "conf/read_config.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace fairlead;
using namespace std::chrono_literals;

namespace {

conf::config two_pools()
{
    auto read = conf::read_config_text(R"(
[[listen]]
address = "127.0.0.1:8080"
[pool.chat]
backends = ["10.0.0.1:80", "10.0.0.2:80"]
[pool.api]
backends = ["10.0.1.1:80"]
[[route]]
name = "one"
path = "/api/"
pool = "api"
[[route]]
name = "two"
path = "/chat/"
pool = "chat"
[[route]]
name = "three"
pool = "chat"
)",
                                       "fairlead.toml");
    REQUIRE(read.ok());
    return read.value;
}

struct bench
{
    upstream::backend_registry registry;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    metrics::worker_shard shard;
    websocket::origin_table origins;

    std::shared_ptr<const http::service> build(conf::config config, std::uint64_t generation = 1)
    {
        return http::service::build(std::move(config), {registry, ledger, routes}, generation);
    }
};

std::string failure_of(bench& at, conf::config config)
{
    try {
        at.build(std::move(config));
    } catch (const std::runtime_error& failure) {
        return failure.what();
    }
    return {};
}

} // namespace

TEST_CASE("a service joins routes and pools by position")
{
    bench at;
    const auto built = at.build(two_pools(), 7);
    CHECK(built->generation == 7);
    REQUIRE(built->pools.size() == 2);
    CHECK(built->pools[0]->name() == "chat");
    CHECK(built->pools[1]->name() == "api");
    CHECK(built->pool_of_route == std::vector<std::optional<std::uint32_t>>{1, 0, 0});
}

TEST_CASE("backends live on from one service to the next")
{
    bench at;
    const auto before = at.build(two_pools(), 1);
    const auto after = at.build(two_pools(), 2);
    CHECK(before->pools[0] != after->pools[0]);
    CHECK(before->pools[0]->backends()[1] == after->pools[0]->backends()[1]);
}

TEST_CASE("a pool that did not change is the one before, with the worker's turns in it")
{
    bench at;
    const auto before = at.build(two_pools(), 1);
    const auto next = [&](conf::config config) {
        return http::service::build(std::move(config), {at.registry, at.ledger, at.routes}, 2, before.get());
    };
    auto changed = two_pools();
    changed.pools[1].balance = conf::balance_kind::least_connections;
    changed.pools[0].backends[0].weight = 9; // the backend's own
    const auto after = next(changed);
    CHECK(before->pools[0] == after->pools[0]);
    CHECK(before->pools[1] != after->pools[1]);
    const http::worker_service old_view(before, at.shard, at.origins);
    const http::worker_service new_view(after, at.shard, at.origins, &old_view);
    CHECK(old_view.pools[0].balancer == new_view.pools[0].balancer);
    CHECK(old_view.pools[1].balancer != new_view.pools[1].balancer);
    CHECK(new_view.view_of(*before->pools[0]) == &new_view.pools[0]);
    CHECK(new_view.view_of(*before->pools[1]) == nullptr);

    auto fewer = two_pools();
    fewer.pools[0].backends.pop_back();
    CHECK(next(fewer)->pools[0] != before->pools[0]);
    auto slower = two_pools();
    slower.timeouts.connect = 9s;
    CHECK(next(slower)->pools[1] != before->pools[1]);
}

TEST_CASE("a configuration that cannot be served says why")
{
    bench at;
    auto broken = two_pools();
    broken.routes[0].path_is = conf::path_kind::regex;
    broken.routes[0].path = "(";
    broken.routes[2].headers.push_back({"x-tenant", conf::value_match::kind::regex, "["});
    const std::string message = failure_of(at, broken);
    CHECK(message.find("fairlead.toml:8:") != std::string::npos);
    CHECK(message.find("route 'one'") != std::string::npos);
    CHECK(message.find("route 'three'") != std::string::npos);

    auto poolless = two_pools();
    poolless.routes[1].pool = "gone";
    CHECK(failure_of(at, poolless) == "route 'two' names no pool that is defined");
}

TEST_CASE("a worker's view has one balancer and one set of cells for each pool, shared by its routes")
{
    bench at;
    const http::worker_service view(at.build(two_pools()), at.shard, at.origins);
    REQUIRE(view.pools.size() == 2);
    REQUIRE(view.routes.size() == 3);
    CHECK(&view.routes[0].pool() == &view.pools[1]);
    CHECK(&view.routes[1].pool() == &view.pools[0]);
    CHECK(&view.routes[2].pool() == &view.pools[0]);
    CHECK(view.routes[1].options().name == "two");
    REQUIRE(view.pools[0].cells.size() == 2);
    CHECK(view.pools[0].cells[1] == &at.shard.backend("chat", "10.0.0.2:80"));
}

TEST_CASE("a route's cells are made on first use and are the shard's")
{
    bench at;
    http::worker_service view(at.build(two_pools()), at.shard, at.origins);
    std::vector<metrics::worker_shard::http_list::entry> listed;
    at.shard.https().append_to(listed);
    CHECK(listed.empty());
    auto& cells = view.routes[0].http_cells();
    CHECK(&cells == &view.routes[0].http_cells());
    CHECK(&cells == &at.shard.http("one", "api"));
}

TEST_CASE("tunnels of one listener, route and backend share an origin, plain ones another without cells")
{
    bench at;
    boost::intrusive_ptr<websocket::tunnel_origin> kept;
    {
        http::worker_service view(at.build(two_pools()), at.shard, at.origins);
        const http::listening_point front{"0.0.0.0:80", 0};
        const http::listening_point other{"0.0.0.0:81", 1};
        kept = view.routes[1].origin({1, true}, front);
        CHECK(kept == view.routes[1].origin({1, true}, front));
        CHECK(kept != view.routes[1].origin({0, true}, front));
        CHECK(kept != view.routes[2].origin({1, true}, front));
        const auto plain = view.routes[1].origin({1, false}, front);
        CHECK(plain != kept);
        CHECK(plain->cells == nullptr);
        CHECK(plain->backend == "10.0.0.2:80");
        const auto elsewhere = view.routes[1].origin({1, true}, other);
        CHECK(elsewhere != kept);
        CHECK(elsewhere->listener == "0.0.0.0:81");
        CHECK(elsewhere->cells == kept->cells);
    }
    CHECK(kept->route == "two");
    CHECK(kept->pool == "chat");
    CHECK(kept->backend == "10.0.0.2:80");
    CHECK(kept->policy.close_timeout == 50);
    CHECK(kept->cells == &at.shard.tunnel("two", "chat", "10.0.0.2:80"));
}
