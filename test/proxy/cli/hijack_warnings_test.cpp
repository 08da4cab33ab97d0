#include "proxy/cli/hijack_warnings.hpp"

#include <doctest/doctest.h>

namespace conf = fairlead::conf;
using fairlead::cli::warnings_about_hijacking;

namespace {

conf::config with(const conf::route_options& route)
{
    conf::config config;
    config.routes = {route};
    return config;
}

conf::route_options guarded()
{
    conf::route_options route;
    route.name = "chat";
    route.pool = "app";
    route.edge.basic_auth.emplace();
    return route;
}

} // namespace

TEST_CASE("a route that knows its visitors by what browsers send by themselves is warned about")
{
    const auto said = warnings_about_hijacking(with(guarded()));
    REQUIRE(said.size() == 1);
    CHECK(said[0].starts_with("route chat: with basic_auth and without websocket.origins"));
    auto route = guarded();
    route.edge.basic_auth.reset();
    CHECK(warnings_about_hijacking(with(route)).empty());
    route.edge.jwt.emplace();
    CHECK(warnings_about_hijacking(with(route)).empty());
    route.edge.jwt->cookie = "session";
    CHECK(warnings_about_hijacking(with(route)).size() == 1);
}

TEST_CASE("not where origins are named, or no WebSocket comes through")
{
    auto route = guarded();
    route.websocket.origins.push_back({});
    CHECK(warnings_about_hijacking(with(route)).empty());
    route = guarded();
    route.only = conf::traffic_kind::http;
    CHECK(warnings_about_hijacking(with(route)).empty());
    route = guarded();
    route.edge.redirect = "https://a.example/";
    CHECK(warnings_about_hijacking(with(route)).empty());
}
