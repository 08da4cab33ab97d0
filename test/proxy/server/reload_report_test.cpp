#include "proxy/server/reload_report.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <array>
#include <string>

using namespace fairlead;
namespace json = boost::json;

namespace {

conf::config read(std::string_view text)
{
    auto result = conf::read_config_text(text, "t.toml");
    REQUIRE(result.ok());
    return result.value;
}

conf::config usual()
{
    return read(R"([[listen]]
address = "127.0.0.1:1"
[pool.a]
backends = ["10.0.0.1:80", "10.0.0.2:80"]
[pool.b]
backends = ["10.0.1.1:80"]
[[route]]
name = "one"
path = "/one/"
pool = "a"
[[route]]
name = "two"
pool = "b"
)");
}

struct tunnels
{
    metrics::worker_shard shard;

    tunnels()
    {
        shard.tunnel("one", "a", "10.0.0.1:80").staying.add(10);
        shard.tunnel("one", "a", "10.0.0.2:80").staying.add(20);
        shard.tunnel("two", "b", "10.0.1.1:80").staying.add(40);
    }

    json::object report(const conf::config& after) const { return report(usual(), usual(), after); }
    json::object report(const conf::config& at_start, const conf::config& before,
                        const conf::config& after) const
    {
        const std::array<const metrics::worker_shard*, 1> shards{&shard};
        const server::tunnel_census census(shards);
        return server::describe_reload(conf::compare(before, after), {at_start, before, after, census});
    }
};

// As a member of the answer.
json::value parsed(std::string_view text) { return json::parse(json::string_view(text.data(), text.size())); }

} // namespace

TEST_CASE("nothing changed touches nobody")
{
    CHECK(json::value(tunnels().report(usual())) ==
          parsed(R"({"changes":{},"tunnels_leaving":0,"tunnels_adjusted":0,"needs_restart":[]})"));
}

TEST_CASE("tunnels of a backend that goes leave, and are told at it")
{
    auto after = usual();
    after.pools[0].backends.pop_back();
    const auto report = tunnels().report(after);
    CHECK(report.at("changes").at("backends") ==
          parsed(R"([{"change":"removed","name":"10.0.0.2:80","pool":"a","tunnels_leaving":20}])"));
    CHECK(report.at("tunnels_leaving") == 20);
}

TEST_CASE("a route that is led to another pool takes its tunnels away from the old one")
{
    auto after = usual();
    after.routes[0].pool = "b";
    const auto report = tunnels().report(after);
    const auto& route = report.at("changes").at("routes").as_array().at(0);
    CHECK(route.at("keys") == parsed(R"([{"key":"pool","before":"a","after":"b"}])"));
    CHECK(route.at("tunnels_leaving") == 30);
    CHECK(report.at("tunnels_leaving") == 30);
}

TEST_CASE("a tunnel that leaves for two reasons counts once in all")
{
    auto after = usual();
    after.routes.erase(after.routes.begin());
    after.pools.erase(after.pools.begin());
    const auto report = tunnels().report(after);
    CHECK(report.at("changes").at("pools").as_array().at(0).at("tunnels_leaving") == 30);
    CHECK(report.at("changes").at("routes").as_array().at(0).at("tunnels_leaving") == 30);
    CHECK(report.at("tunnels_leaving") == 30);
}

TEST_CASE("new limits adjust open tunnels; what only counts at the handshake does not")
{
    auto after = usual();
    after.routes[1].websocket.idle_timeout = std::chrono::minutes(1);
    CHECK(tunnels().report(after).at("tunnels_adjusted") == 40);
    after = usual();
    after.routes[1].websocket.subprotocols = {"mqtt"};
    after.routes[1].max_connections = 7;
    CHECK(tunnels().report(after).at("tunnels_adjusted") == 0);
    after = usual();
    after.drain.close_timeout = std::chrono::seconds(1);
    CHECK(tunnels().report(after).at("tunnels_adjusted") == 70);
}

TEST_CASE("what needs a restart is compared with the start, not with the last reload")
{
    auto changed = usual();
    changed.workers = 7;
    const auto report = tunnels().report(usual(), changed, changed);
    CHECK(report.at("changes").as_object().empty());
    CHECK(report.at("needs_restart") ==
          parsed(R"([{"key":"workers","before":"0","after":"7","needs_restart":true}])"));
    CHECK(tunnels().report(usual(), changed, usual()).at("needs_restart").as_array().empty());
}

TEST_CASE("a long list ends with the number of the others")
{
    auto after = usual();
    for (std::size_t i = 0; i < server::max_listed + 5; ++i) {
        auto route = after.routes[1];
        route.name = "r" + std::to_string(i);
        after.routes.push_back(route);
    }
    const auto report = tunnels().report(after);
    CHECK(report.at("changes").at("routes").as_array().size() == server::max_listed);
    CHECK(report.at("changes").at("routes_not_listed") == 5);
}

TEST_CASE("errors have their place, and the text that the log has")
{
    const auto result = conf::read_config_text("workers = 1\nnone = 2\n", "t.toml");
    const auto errors = server::describe_errors(result.errors);
    const auto& unknown = errors.at(errors.size() - 1);
    CHECK(unknown.at("line") == 2);
    CHECK(unknown.at("file") == "t.toml");
    CHECK(std::string(unknown.at("text").as_string()).starts_with("t.toml:2:1: error: "));
}
