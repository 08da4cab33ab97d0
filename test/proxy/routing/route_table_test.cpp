#include "proxy/routing/route_table.hpp"

#include "test/proxy/routing/request.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using namespace fairlead::routing;
using conf::path_kind;
using conf::route_options;

namespace {

route_options route(std::string host, path_kind kind = path_kind::any, std::string path = "")
{
    route_options out;
    out.host = std::move(host);
    out.path_is = kind;
    out.path = std::move(path);
    out.name = out.host + out.path;
    return out;
}

route_options with_header(route_options out, std::string name, std::string value)
{
    out.headers.push_back({std::move(name), conf::value_match::kind::exact, std::move(value)});
    return out;
}

route_table table(const std::vector<route_options>& routes)
{
    auto built = route_table::build(routes);
    REQUIRE(built.has_value());
    return std::move(*built);
}

constexpr int none = -1;

int match(const route_table& routes, const request& asked)
{
    const auto found = routes.match(asked.key());
    return found ? static_cast<int>(*found) : none;
}

match_cost cost_of(const route_table& routes, const request& asked)
{
    match_cost cost;
    routes.match(asked.key(), cost);
    return cost;
}

} // namespace

TEST_CASE("an empty route table matches nothing")
{
    const auto routes = table({});
    CHECK(routes.size() == 0);
    CHECK(match(routes, {.host = "a.example", .path = "/"}) == none);
}

TEST_CASE("an exact host comes before a wildcard, a long wildcard before a short one, any host last")
{
    const auto routes =
        table({route(""), route("*.example.com"), route("*.eu.example.com"), route("a.eu.example.com")});
    CHECK(match(routes, {.host = "a.eu.example.com"}) == 3);
    CHECK(match(routes, {.host = "b.eu.example.com"}) == 2);
    CHECK(match(routes, {.host = "x.b.eu.example.com"}) == 2);
    CHECK(match(routes, {.host = "a.us.example.com"}) == 1);
    CHECK(match(routes, {.host = "eu.example.com"}) == 1);
    CHECK(match(routes, {.host = "example.com"}) == 0);
    CHECK(match(routes, {.host = "badexample.com"}) == 0);
    CHECK(match(routes, {.host = ""}) == 0);
}

TEST_CASE("a wildcard stands for one label at least, and a final dot of the host is ignored")
{
    const auto routes = table({route("*.example.com"), route("example.com")});
    CHECK(match(routes, {.host = "a.example.com."}) == 0);
    CHECK(match(routes, {.host = "example.com."}) == 1);
    CHECK(match(routes, {.host = ".example.com"}) == none);
    CHECK(match(routes, {.host = "."}) == none);
}

TEST_CASE(
    "an exact path comes before the longest prefix, then regexes in file order, then routes without a path")
{
    const auto routes = table({
        route("h"),
        route("h", path_kind::regex, "/api/.*"),
        route("h", path_kind::regex, "/(api|chat|x).*"),
        route("h", path_kind::prefix, "/chat/"),
        route("h", path_kind::prefix, "/chat/room/"),
        route("h", path_kind::exact, "/chat/room/1"),
    });
    CHECK(match(routes, {.host = "h", .path = "/chat/room/1"}) == 5);
    CHECK(match(routes, {.host = "h", .path = "/chat/room/2"}) == 4);
    CHECK(match(routes, {.host = "h", .path = "/chat/lobby"}) == 3);
    CHECK(match(routes, {.host = "h", .path = "/api/v1"}) == 1);
    CHECK(match(routes, {.host = "h", .path = "/apis"}) == 2);
    CHECK(match(routes, {.host = "h", .path = "/other"}) == 0);
    CHECK(match(routes, {.host = "other", .path = "/chat/"}) == none);
}

TEST_CASE("the host decides before the path")
{
    const auto routes = table({route("", path_kind::exact, "/a"), route("h", path_kind::prefix, "/")});
    CHECK(match(routes, {.host = "h", .path = "/a"}) == 1);
    CHECK(match(routes, {.host = "i", .path = "/a"}) == 0);
}

TEST_CASE("a prefix matches on segment boundaries")
{
    const auto routes = table({route("", path_kind::prefix, "/chat/"), route("", path_kind::prefix, "/a")});
    CHECK(match(routes, {.path = "/chat"}) == 0);
    CHECK(match(routes, {.path = "/chat/"}) == 0);
    CHECK(match(routes, {.path = "/chat/x/y"}) == 0);
    CHECK(match(routes, {.path = "/chat//"}) == 0);
    CHECK(match(routes, {.path = "/chatter"}) == none);
    CHECK(match(routes, {.path = "/cha"}) == none);
    CHECK(match(routes, {.path = "/x/chat/"}) == none);
    CHECK(match(routes, {.path = "/a/b"}) == 1);
    CHECK(match(routes, {.path = "/ab"}) == none);
}

TEST_CASE("the prefix / matches every path, but not the asterisk of OPTIONS (RFC 9112 3.2.4)")
{
    const auto routes = table({route("", path_kind::prefix, "/")});
    CHECK(match(routes, {.path = "/"}) == 0);
    CHECK(match(routes, {.path = "/x"}) == 0);
    CHECK(match(routes, {.path = "//"}) == 0);
    CHECK(match(routes, {.path = "*"}) == none);
}

TEST_CASE("paths are compared as received")
{
    const auto routes = table({route("", path_kind::exact, "/chat")});
    CHECK(match(routes, {.path = "/ch%61t"}) == none);
    CHECK(match(routes, {.path = "/Chat"}) == none);
    CHECK(match(routes, {.path = "/chat/"}) == none);
}

TEST_CASE("a regex matches the whole path")
{
    const auto routes = table({route("", path_kind::regex, "/v[0-9]+"), route("", path_kind::regex, "a|/b")});
    CHECK(match(routes, {.path = "/v12"}) == 0);
    CHECK(match(routes, {.path = "/v12/x"}) == none);
    CHECK(match(routes, {.path = "/b"}) == 1);
    CHECK(match(routes, {.path = "/bc"}) == none);
}

TEST_CASE("in one place more conditions come first, then the file order")
{
    auto two = with_header(with_header(route("h"), "X-A", "1"), "X-B", "2");
    const auto routes =
        table({route("h"), with_header(route("h"), "X-A", "1"), with_header(route("h"), "X-B", "2"), two});
    CHECK(match(routes, {.host = "h"}) == 0);
    CHECK(match(routes, {.host = "h", .headers = {{"x-a", "1"}}}) == 1);
    CHECK(match(routes, {.host = "h", .headers = {{"x-b", "2"}}}) == 2);
    CHECK(match(routes, {.host = "h", .headers = {{"x-b", "2"}, {"x-a", "1"}}}) == 3);
    CHECK(match(table({route("h"), route("h")}), {.host = "h"}) == 0);
}

TEST_CASE("the order in one place is the same when it is searched by hash")
{
    std::vector<route_options> many;
    for (int i = 0; i < 50; ++i)
        many.push_back(with_header(route("h"), "X-Tenant", std::to_string(i)));
    many.push_back(with_header(with_header(route("h"), "X-Tenant", "7"), "X-Env", "test")); // 50
    many.push_back(with_header(route("h"), "X-Env", "test"));                               // 51
    many.push_back(with_header(route("h"), "X-Tenant", "7"));                               // 52
    auto present = route("h");                                                              // 53
    present.headers.push_back({"X-Tenant", conf::value_match::kind::present, ""});
    many.push_back(present);
    many.push_back(route("h")); // 54
    const auto routes = table(many);
    CHECK(match(routes, {.host = "h", .headers = {{"x-tenant", "7"}}}) == 7);
    CHECK(match(routes, {.host = "h", .headers = {{"x-tenant", "7"}, {"x-env", "test"}}}) == 50);
    CHECK(match(routes, {.host = "h", .headers = {{"x-tenant", "8"}, {"x-env", "test"}}}) == 8);
    CHECK(match(routes, {.host = "h", .headers = {{"x-tenant", "99"}, {"x-env", "test"}}}) == 51);
    CHECK(match(routes, {.host = "h", .headers = {{"x-tenant", "99"}}}) == 53);
    CHECK(match(routes, {.host = "h", .headers = {{"x-tenant", "99"}, {"x-tenant", "3"}}}) == 3);
    CHECK(match(routes, {.host = "h"}) == 54);
}

TEST_CASE("many routes are found by an exact query value as well")
{
    std::vector<route_options> many;
    for (int i = 0; i < 50; ++i) {
        many.push_back(route("h"));
        many.back().query.push_back({"room", conf::value_match::kind::exact, "r " + std::to_string(i)});
    }
    const auto routes = table(many);
    CHECK(match(routes, {.host = "h", .query = "a=1&room=r%2031"}) == 31);
    CHECK(match(routes, {.host = "h", .query = "room=r+32&room=r+31"}) == 31);
    CHECK(match(routes, {.host = "h", .query = "room=r31"}) == none);
    CHECK(cost_of(routes, {.host = "h", .query = "room=r+31"}).candidates == 1);
}

TEST_CASE("a route whose conditions fail is passed over for a less specific one")
{
    const auto routes = table({
        with_header(route("a.b", path_kind::exact, "/x"), "X-T", "1"),
        with_header(route("a.b", path_kind::prefix, "/x/"), "X-T", "2"),
        with_header(route("a.b", path_kind::regex, "/x"), "X-T", "3"),
        with_header(route("a.b"), "X-T", "4"),
        with_header(route("*.b", path_kind::exact, "/x"), "X-T", "5"),
        with_header(route(""), "X-T", "6"),
        route(""),
    });
    for (int wanted = 0; wanted < 6; ++wanted) {
        const auto value = std::to_string(wanted + 1);
        CHECK(match(routes, {.host = "a.b", .path = "/x", .headers = {{"x-t", value}}}) == wanted);
    }
    CHECK(match(routes, {.host = "a.b", .path = "/x"}) == 6);
}

TEST_CASE("a shorter prefix serves what the longer one's conditions refuse")
{
    auto posts = route("", path_kind::prefix, "/a/b/");
    posts.methods = {"POST"};
    const auto routes = table({route("", path_kind::prefix, "/a/"), posts});
    CHECK(match(routes, {.path = "/a/b/c", .method = "POST"}) == 1);
    CHECK(match(routes, {.path = "/a/b/c"}) == 0);
}

TEST_CASE("equal regex texts are one place, searched by hash like any other")
{
    std::vector<route_options> many;
    for (int i = 0; i < 100; ++i) {
        many.push_back(with_header(route("", path_kind::regex, "/t/.*"), "X-T", std::to_string(i)));
    }
    const auto routes = table(many);
    CHECK(match(routes, {.path = "/t/x", .headers = {{"x-t", "77"}}}) == 77);
    CHECK(cost_of(routes, {.path = "/t/x", .headers = {{"x-t", "77"}}}).candidates == 1);
}

TEST_CASE("every bad regex is reported with its route's place")
{
    auto path = route("", path_kind::regex, "/(");
    path.name = "one";
    path.where = {"routes.toml", 3, 1};
    auto header = route("");
    header.name = "two";
    header.where = {"routes.toml", 9, 1};
    header.headers.push_back({"X-A", conf::value_match::kind::regex, "["});
    header.query.push_back({"q", conf::value_match::kind::regex, "*"});
    auto again = path;
    again.where.line = 20;

    const auto built = route_table::build(std::vector{path, route("ok"), header, again});
    REQUIRE(built.has_error());
    const auto& errors = built.error();
    REQUIRE(errors.size() == 4);
    CHECK(errors[0].where.line == 3);
    CHECK(errors[0].route == "one");
    CHECK(errors[0].message.starts_with("path: bad regex '/('"));
    CHECK(errors[1].where.line == 9);
    CHECK(errors[1].message.starts_with("headers.X-A: bad regex '['"));
    CHECK(errors[2].message.starts_with("query.q: bad regex '*'"));
    CHECK(errors[3].where.line == 20);
}

TEST_CASE("the cost of a search does not grow with the number of routes")
{
    const auto build = [](int count) {
        std::vector<route_options> out;
        for (int i = 0; i < count; ++i) {
            const auto n = std::to_string(10'000 + i);
            out.push_back(route("h" + n + ".example.com", path_kind::prefix, "/app/"));
            out.push_back(route("*.w" + n + ".example.com", path_kind::exact, "/app"));
            out.push_back(route("", path_kind::prefix, "/p" + n + "/"));
            out.push_back(with_header(route("tenants", path_kind::exact, "/"), "X-Tenant", n));
        }
        return table(out);
    };
    const auto few = build(3);
    const auto many = build(2'500);
    const std::vector<request> asked = {
        {.host = "h10002.example.com", .path = "/app/x"},
        {.host = "a.w10002.example.com", .path = "/app"},
        {.host = "nobody", .path = "/p10002/x/y"},
        {.host = "tenants", .path = "/", .headers = {{"x-tenant", "10002"}}},
        {.host = "tenants", .path = "/", .headers = {{"x-tenant", "?"}}},
        {.host = "a.b.c.d.example.com", .path = "/q/w/e/r/t/y"},
    };
    for (const auto& each : asked) {
        const auto cost = cost_of(many, each);
        CHECK(match(few, each) == match(many, each));
        CHECK(cost.lookups <= cost_of(few, each).lookups + 1); // the tenants of `few` are not worth an index
        CHECK(cost.lookups <= 4);
        CHECK(cost.candidates <= 1);
    }
}

TEST_CASE("a hostile path or host costs a bounded number of lookups")
{
    const auto routes = table({route("", path_kind::prefix, "/a/"), route("", path_kind::prefix, "/a/b/c/"),
                               route("*.b.c"), route("x")});
    const std::string slashes(16 * 1024, '/');
    CHECK(cost_of(routes, {.host = "y", .path = slashes}).lookups <= 4);
    std::string dots;
    for (int i = 0; i < 8'000; ++i)
        dots += "a.";
    CHECK(cost_of(routes, {.host = dots + "b.c", .path = "/"}).lookups <= 4);
    CHECK(match(routes, {.host = dots + "b.c", .path = "/"}) == 2);
}

TEST_CASE("a path that makes a regex with nested repeats backtrack elsewhere is answered")
{
    const auto routes =
        table({route("", path_kind::regex, "/(a+)+b"), route("", path_kind::regex, "/(a*)*c")});
    CHECK(match(routes, {.path = "/" + std::string(16 * 1024, 'a')}) == none);
    CHECK(match(routes, {.path = "/" + std::string(16 * 1024, 'a') + "c"}) == 1);
}

TEST_CASE("hundreds of regexes that together need a large automaton still answer")
{
    std::vector<route_options> many;
    for (int i = 0; i < 300; ++i) {
        many.push_back(route("", path_kind::regex, "/.*x.{20}" + std::to_string(i) + ".*"));
    }
    const auto routes = table(many);
    std::string path = "/";
    for (int i = 0; i < 2'000; ++i)
        path += (i * i / 7) % 3 == 0 ? 'x' : 'y';
    CHECK(match(routes, {.path = path}) == none);
    CHECK(match(routes, {.path = path + "x" + std::string(20, 'z') + "299"}) == 2);
}

TEST_CASE("regexes that are too large to run together are tried one by one, in file order")
{
    std::vector<route_options> many;
    for (int i = 0; i < 100; ++i) {
        many.push_back(route("", path_kind::regex, "/" + std::to_string(i) + "/(.{900}[a-z]*|short)"));
    }
    many.push_back(route("", path_kind::regex, "/77/.*"));
    const auto routes = table(many);
    CHECK(match(routes, {.path = "/77/short"}) == 77);
    CHECK(match(routes, {.path = "/77/" + std::string(900, 'x')}) == 77);
    CHECK(match(routes, {.path = "/77/other"}) == 100);
    CHECK(match(routes, {.path = "/78/other"}) == none);
}

TEST_CASE("a route table outlives the options it was built from and moves")
{
    auto routes = [] {
        const std::vector<route_options> options = {route("gone.example", path_kind::exact, "/gone")};
        return table(options);
    }();
    const auto moved = std::move(routes);
    CHECK(match(moved, {.host = "gone.example", .path = "/gone"}) == 0);
}
