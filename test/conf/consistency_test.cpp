#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

read_result read_routes_text(std::string_view routes)
{
    return read_config_text(std::string(listen_line) + std::string(pool_lines) + std::string(routes),
                            "t.toml");
}

} // namespace

TEST_CASE("a route to a pool that does not exist is told with the nearest name")
{
    const auto result = read_config_text(
        std::string(listen_line) +
            "[pool.chat]\nbackends=[\"a:1\"]\n[[route]]\npool = \"chatt\"\n[[route]]\nhost=\"a\"\npool=\"\"",
        "t");
    CHECK(brief_errors(result) ==
          brief_list{"5:8 route[0].pool: there is no pool 'chatt' (did you mean 'chat'?)",
                     "8:6 route[1].pool: is empty; it names a pool"});
}

TEST_CASE("a pool without a route is fine")
{
    CHECK(read_routes_text("[pool.b]\nbackends=[\"b:1\"]\n[[route]]\npool=\"a\"").ok());
}

TEST_CASE("two routes with one name are told of each other")
{
    const auto result =
        read_routes_text("[[route]]\nname=\"x\"\npool=\"a\"\n[[route]]\nname=\"x\"\nhost=\"h\"\npool=\"a\"");
    CHECK(brief_errors(result) ==
          brief_list{"8:6 route[1].name: 'x' is the name of another route already, at t.toml:5:6"});
}

TEST_CASE("a route is named after its host and path, and never like another")
{
    const auto result = read_routes_text(R"([[route]]
pool = "a"
[[route]]
host = "h"
pool = "a"
[[route]]
host = "h"
methods = "GET"
pool = "a"
[[route]]
host = "h"
path = "/p/"
pool = "a"
[[route]]
path_regex = "/r.*"
pool = "a"
[[route]]
name = "h#2"
host = "other"
pool = "a"
)");
    REQUIRE(brief_errors(result).empty());
    std::vector<std::string> names;
    for (const auto& route : result.value.routes) {
        names.push_back(route.name);
    }
    CHECK(names == std::vector<std::string>{"*", "h", "h#3", "h/p/", "*~/r.*", "h#2"});
}

TEST_CASE("a route whose conditions an earlier one has can never match")
{
    const auto result = read_routes_text(R"([[route]]
host = "H.example"
methods = ["GET", "HEAD"]
headers = { A = "1", B = true }
pool = "a"
[[route]]
host = "h.example"
methods = ["HEAD", "GET"]
headers = { b = true, a = "1" }
strip_prefix = "/x"
pool = "a"
[[route]]
host = "h.example"
methods = ["HEAD", "GET"]
headers = { b = true, a = "2" }
pool = "a"
)");
    CHECK(brief_errors(result) ==
          brief_list{"9:1 route[1]: can never match: the route at t.toml:4:1 has the same conditions"});
}

TEST_CASE("each condition alone tells two routes apart")
{
    std::string routes = "[[route]]\npool = \"a\"\n";
    for (const auto* line :
         {"host = \"h\"", "path = \"/p\"", "path = \"/p/\"", "path_regex = \"/p\"", "methods = \"GET\"",
          "headers = { p = true }", "headers = { p = \"x\" }", "headers = { p = { regex = \"x\" } }",
          "query = { p = true }", "only = \"http\"", "only = \"websocket\"", "subprotocol = \"p\""})
    {
        routes += "[[route]]\npool = \"a\"\n" + std::string(line) + "\n";
    }
    CHECK(brief_errors(read_routes_text(routes)).empty());
}

} // namespace fairlead::conf
