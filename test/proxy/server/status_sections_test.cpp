#include "proxy/server/status_sections.hpp"

#include "conf/read_config.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>

#include <array>

using namespace fairlead;
using namespace fairlead::server;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

struct serving
{
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    std::shared_ptr<const http::service> current;

    explicit serving(std::string_view pools_and_routes)
    {
        const std::string text = "[[listen]]\naddress = \"127.0.0.1:1\"\n" + std::string(pools_and_routes);
        auto read = conf::read_config_text(text, "test");
        REQUIRE(read.ok());
        current = http::service::build(std::move(read.value), {backends, ledger, routes}, 1);
    }
};

constexpr std::string_view two_routes = R"(
[pool.app]
backends = ["127.0.0.1:9000"]
[[route]]
name = "chat"
path = "/chat/"
pool = "app"
max_connections = 10
[[route]]
name = "rest"
pool = "app"
)";

} // namespace

TEST_CASE("routes are told in the configuration's order, and those that left while they have tunnels")
{
    const serving on(two_routes);
    metrics::worker_shard shard;
    shard.tunnel("rest", "app", "127.0.0.1:9000").opened.add(2);
    shard.tunnel("gone", "old", "127.0.0.1:9001").opened.add(1);
    shard.tunnel("long gone", "old", "127.0.0.1:9001");
    const std::array<const metrics::worker_shard*, 1> shards{&shard};
    const json::array told = describe_routes(*on.current, status::traffic_census(shards));
    REQUIRE(told.size() == 3);
    CHECK(told[0].at("route").as_string() == "chat");
    CHECK(told[0].at("max_connections").to_number<int>() == 10);
    CHECK(told[0].at("tunnels_active").to_number<int>() == 0);
    CHECK(told[1].at("pool").as_string() == "app");
    CHECK(told[1].at("tunnels_active").to_number<int>() == 2);
    CHECK(told[2].at("route").as_string() == "gone");
    CHECK_FALSE(told[2].at("configured").as_bool());
}

TEST_CASE("pools and backends get their traffic beside their health")
{
    metrics::worker_shard shard;
    shard.tunnel("chat", "app", "a:1").opened.add(3);
    shard.http("chat", "app").requests[metrics::status_class::success].add(4);
    shard.backend("app", "a:1").dials.add(5);
    const std::array<const metrics::worker_shard*, 1> shards{&shard};
    const status::traffic_census traffic(shards);
    const json::array pools = describe_pools({{{"pool", "app"}, {"up", 1}}}, traffic);
    CHECK(pools[0].at("requests").to_number<int>() == 4);
    CHECK(pools[0].at("up").to_number<int>() == 1);
    const json::array listed{{{"pool", "app"}, {"backend", "b:1"}, {"state", "up"}}};
    const json::array backends = describe_backends(listed, traffic);
    REQUIRE(backends.size() == 2);
    CHECK(backends[0].at("tunnels_active").to_number<int>() == 0);
    CHECK(backends[1].at("backend").as_string() == "a:1"); // it left, and its tunnels did not yet
    CHECK(backends[1].at("dials").to_number<int>() == 5);
    CHECK_FALSE(backends[1].at("configured").as_bool());
}

TEST_CASE("memory is told in all, by kind, and with what was given up for want of it in all workers")
{
    std::array<metrics::worker_shard, 2> workers;
    for (metrics::worker_shard& each : workers)
        each.own().sheds[metrics::shortage::memory][metrics::shed::request].add(2);
    metrics::memory_state now;
    now.bytes[metrics::memory_kind::bodies] = 30;
    now.bytes[metrics::memory_kind::tunnels] = 12;
    now.limit = 100;
    const std::array<const metrics::worker_shard*, 2> shards{&workers[0], &workers[1]};
    const json::object told = describe_memory(now, shards);
    CHECK(told.at("bytes").to_number<int>() == 42);
    CHECK(told.at("limit").to_number<int>() == 100);
    CHECK(told.at("by_kind").at("bodies").to_number<int>() == 30);
    CHECK(told.at("by_kind").at("heads").to_number<int>() == 0);
    CHECK(told.at("sheds").at("request").to_number<int>() == 4);
    CHECK(told.at("sheds").at("idle").to_number<int>() == 0);
}

TEST_CASE("a source that is not foreseen to fill has no time for it")
{
    const std::vector<status::destination_fill> fills{
        {.pool = "app", .destination = "a:1", .sources = 2, .in_use = 30, .capacity = 100, .full_in = 90s},
        {.pool = "app", .destination = "b:1", .sources = 2, .capacity = 100}};
    const json::array told = describe_sources(fills);
    CHECK(told[0].at("used_ratio").as_double() == doctest::Approx(0.3));
    CHECK(told[0].at("full_in_seconds").to_number<int>() == 90);
    CHECK_FALSE(told[1].as_object().contains("full_in_seconds"));
}

TEST_CASE("certificates say how long they last, also when they do not")
{
    const std::chrono::system_clock::time_point now{1'800'000'000s};
    const std::vector<metrics::certificate_state> all{{"0.0.0.0:443", "site.pem", now - 10s, true, false}};
    const json::array told = describe_certificates(all, now);
    CHECK(told[0].at("expires_in_seconds").to_number<int>() == -10);
    CHECK(told[0].at("refused").as_bool());
}

TEST_CASE("a reload is told by the number of its changes and its first error")
{
    const json::array history =
        json::parse(R"([{"at": "now", "by": "admin", "ok": true, "generation": 3, "tunnels_leaving": 7,
            "changes": {"routes": [{"name": "a"}, {"name": "b"}], "routes_not_listed": 40, "pools": []},
            "needs_restart": [1]},
            {"at": "then", "ok": false, "errors": [{"text": "first"}, {"text": "second"}]}])")
            .as_array();
    const json::array told = shorten_reloads(history);
    CHECK(json::serialize(told[0]) == R"({"at":"now","by":"admin","ok":true,"generation":3,)"
                                      R"("tunnels_leaving":7,"changes":{"routes":42}})");
    CHECK(told[1].at("first_error").as_string() == "first");
}
