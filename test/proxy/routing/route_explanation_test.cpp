#include "proxy/routing/route_explanation.hpp"

#include "test/proxy/routing/request.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace fairlead;
using namespace fairlead::routing;
using conf::path_kind;
using conf::route_options;

namespace {

route_options route(std::string host, path_kind kind, std::string path)
{
    route_options out;
    out.host = std::move(host);
    out.path_is = kind;
    out.path = std::move(path);
    return out;
}

route_table table_of(const std::vector<route_options>& routes)
{
    auto built = route_table::build(routes);
    REQUIRE_FALSE(built.has_error());
    return std::move(*built);
}

route_explanation explained(const std::vector<route_options>& routes, const request& asked)
{
    return explain(table_of(routes), routes, asked.key(), 10);
}

std::vector<std::string> failed(const route_outcome& of)
{
    std::vector<std::string> out;
    for (const auto& each : of.conditions) {
        if (!each.holds) out.push_back(each.condition + " <- " + each.seen);
    }
    return out;
}

// Routes and requests from few words, so that many nearly meet.
struct lottery
{
    std::minstd_rand lots{20'240'229};

    template <class Choices>
    auto one_of(const Choices& from)
    {
        return *(std::begin(from) + lots() % std::size(from));
    }
    bool heads() { return lots() % 2 == 0; }

    conf::value_match test(const char* name)
    {
        using kind = conf::value_match::kind;
        const kind how = one_of(std::vector{kind::exact, kind::present, kind::regex});
        return {name, how, how == kind::regex ? "b.*|g" : how == kind::exact ? one_of(values) : ""};
    }

    route_options route()
    {
        struct place
        {
            path_kind kind;
            const char* path;
        };
        const place at = one_of(std::vector<place>{{path_kind::any, ""},
                                                   {path_kind::exact, "/a"},
                                                   {path_kind::exact, "/a/b"},
                                                   {path_kind::prefix, "/"},
                                                   {path_kind::prefix, "/a/"},
                                                   {path_kind::prefix, "/a/b/"},
                                                   {path_kind::regex, "/a(/.*)?"},
                                                   {path_kind::regex, ".*b"}});
        route_options out = ::route(one_of(hosts), at.kind, at.path);
        if (lots() % 3 == 0) out.methods = {one_of(methods)};
        if (lots() % 3 == 0) out.headers = {test("x-tenant")};
        if (lots() % 3 == 0) out.query = {test("v")};
        if (lots() % 5 == 0) out.only = heads() ? conf::traffic_kind::http : conf::traffic_kind::websocket;
        if (lots() % 7 == 0) out.subprotocol = "mqtt";
        return out;
    }

    request asked()
    {
        request out;
        out.host = one_of(std::vector<std::string>{"a.example", "b.a.example", "c.b.a.example", "other", ""});
        out.path = one_of(std::vector<std::string>{"/", "/a", "/a/", "/a/b", "/a/b/c", "/ab"});
        out.method = one_of(methods);
        out.is_websocket = heads();
        if (heads()) out.headers = {{"x-tenant", one_of(values)}, {"sec-websocket-protocol", "x, mqtt"}};
        if (heads()) out.query = "v=" + one_of(values);
        return out;
    }

    std::vector<std::string> hosts{"", "a.example", "*.a.example", "*.b.a.example", "other"};
    std::vector<std::string> methods{"GET", "POST"};
    std::vector<std::string> values{"blue", "green", "red"};
};

} // namespace

TEST_CASE("what is explained is what the table does, for any routes and requests")
{
    lottery draw;
    std::size_t taken = 0;
    for (int round = 0; round < 300; ++round) {
        std::vector<route_options> routes;
        for (int i = 0; i < 12; ++i)
            routes.push_back(draw.route());
        const route_table table = table_of(routes);
        for (int i = 0; i < 10; ++i) {
            const request asked = draw.asked();
            const route_explanation told = explain(table, routes, asked.key(), routes.size());
            REQUIRE(told.taken == table.match(asked.key()));
            taken += told.taken.has_value();
            for (const auto& each : told.conditions)
                REQUIRE(each.holds);
            for (const route_outcome& other : told.others) {
                // A route is left out for what it lacks, or because the taken one comes first: nothing else.
                const bool holds = table_of({routes[other.route]}).match(asked.key()).has_value();
                REQUIRE(other.holds == holds);
                REQUIRE(failed(other).empty() == holds);
                if (!holds) continue;
                REQUIRE(told.taken.has_value());
                REQUIRE_FALSE(other.behind.empty());
                REQUIRE(reason_to_come_before(routes, other.route, *told.taken).empty());
            }
            // Nobody who holds is missing.
            std::size_t holding = 0;
            for (const route_options& each : routes)
                holding += table_of({each}).match(asked.key()).has_value();
            const auto listed = std::ranges::count(told.others, true, &route_outcome::holds);
            REQUIRE(holding == static_cast<std::size_t>(listed) + told.taken.has_value());
        }
    }
    CHECK(taken > 1'000);
    CHECK(taken < 3'000);
}

TEST_CASE("a route that nearly matched says what was missing, and what was there instead")
{
    std::vector<route_options> routes{route("a.example", path_kind::prefix, "/chat/"),
                                      route("a.example", path_kind::prefix, "/"),
                                      route("b.example", path_kind::prefix, "/files/")};
    routes[0].headers = {{"x-tenant", conf::value_match::kind::exact, "blue"}};
    routes[0].methods = {"GET", "HEAD"};
    request asked{.host = "a.example", .path = "/chat/x", .method = "POST"};
    asked.headers = {{"x-tenant", "red"}};
    const auto told = explained(routes, asked);
    CHECK(told.taken == 1);
    REQUIRE(told.others.size() == 1); // the third has neither host nor path
    CHECK(told.others[0].route == 0);
    CHECK(failed(told.others[0]) ==
          std::vector<std::string>{"method GET or HEAD <- POST", "header x-tenant = blue <- red"});
    const auto none = explained(routes, {.host = "c.example", .path = "/chat/x"});
    CHECK_FALSE(none.taken.has_value());
}

TEST_CASE("a route that holds too says why another is taken")
{
    std::vector<route_options> routes{route("", path_kind::any, ""),
                                      route("*.example", path_kind::any, ""),
                                      route("*.a.example", path_kind::any, ""),
                                      route("x.a.example", path_kind::prefix, "/"),
                                      route("x.a.example", path_kind::prefix, "/chat/"),
                                      route("x.a.example", path_kind::regex, "/chat/.*")};
    const auto told = explained(routes, {.host = "x.a.example", .path = "/chat/1"});
    CHECK(told.taken == 4);
    std::vector<std::string> reasons(routes.size());
    for (const auto& each : told.others)
        reasons[each.route] = each.behind;
    CHECK(reasons == std::vector<std::string>{"its host says more", "its host says more",
                                              "its host says more", "its path is longer", "",
                                              "its path says more"});
}

TEST_CASE("a condition on a secret does not tell it")
{
    std::vector<route_options> routes{route("", path_kind::any, "")};
    routes[0].headers = {{"x-api-key", conf::value_match::kind::exact, "hunter2"}};
    const auto told = explained(routes, {});
    REQUIRE(told.others.size() == 1);
    CHECK(told.others[0].conditions[0].condition == "header x-api-key = (not shown)");
}

TEST_CASE("only so many routes are told of")
{
    std::vector<route_options> routes;
    for (int i = 0; i < 100; ++i)
        routes.push_back(route("h" + std::to_string(i) + ".example", path_kind::prefix, "/"));
    const auto told = explain(table_of(routes), routes, request{.host = "x"}.key(), 5);
    CHECK(told.others.size() == 5);
    CHECK(told.others[0].route == 0);
}
