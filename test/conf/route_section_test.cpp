#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

brief_list route_errors(std::string_view keys) { return brief_errors(read_with_route(keys)); }

// The only error of a route with that line, without its place.
std::string route_error(std::string_view line)
{
    const auto errors = route_errors(line);
    CAPTURE(line);
    REQUIRE(errors.size() == 1);
    return errors[0].substr(errors[0].find(' ') + 1);
}

route_options route_with(std::string_view keys)
{
    const auto result = read_with_route(keys);
    CAPTURE(keys);
    CHECK(brief_errors(result).empty());
    return result.value.routes.at(0);
}

} // namespace

TEST_CASE("every key of a route reaches its field")
{
    const auto route = route_with(R"(name = "the route"
host = "*.Example.COM"
path = "/chat/"
methods = ["GET", "PURGE"]
headers = { X-Tenant = "blue", Authorization = true, X-Y = { regex = "a+" } }
query = { V = "1", w = true, z = { regex = "b" } }
only = "websocket"
subprotocol = "mqtt"
strip_prefix = "/chat/"
set_headers = { X-A = "b", Cookie = "", Host = "inner" }
upgrades = ["SPDY/3.1"]
max_connections = 50000)");
    CHECK(route.name == "the route");
    CHECK(route.host == "*.example.com");
    CHECK(route.path_is == path_kind::prefix);
    CHECK(route.path == "/chat/");
    CHECK(route.methods == std::vector<std::string>{"GET", "PURGE"});
    CHECK(route.headers == std::vector<value_match>{{"x-tenant", value_match::kind::exact, "blue"},
                                                    {"authorization", value_match::kind::present, ""},
                                                    {"x-y", value_match::kind::regex, "a+"}});
    CHECK(route.query == std::vector<value_match>{{"V", value_match::kind::exact, "1"},
                                                  {"w", value_match::kind::present, ""},
                                                  {"z", value_match::kind::regex, "b"}});
    CHECK(route.only == traffic_kind::websocket);
    CHECK(route.subprotocol == "mqtt");
    CHECK(route.pool == "a");
    CHECK(route.strip_prefix == "/chat");
    REQUIRE(route.set_headers.size() == 3);
    CHECK(route.set_headers[0].name == "X-A");
    CHECK(route.set_headers[0].value == "b");
    CHECK(route.set_headers[1].value.empty());
    CHECK(route.upgrades == std::vector<std::string>{"spdy/3.1"});
    CHECK(route.max_connections == 50'000);
    CHECK(route.where.line == 4);
}

TEST_CASE("a route without conditions matches anything")
{
    const auto route = route_with("");
    CHECK(route.host.empty());
    CHECK(route.path_is == path_kind::any);
    CHECK(route.only == traffic_kind::any);
    CHECK(route.methods.empty());
}

TEST_CASE("a path is exact, a prefix when it ends in a slash, or a regex")
{
    CHECK(route_with("path = \"/a\"").path_is == path_kind::exact);
    CHECK(route_with("path = \"/\"").path_is == path_kind::prefix);
    const auto regex = route_with("path_regex = '/v\\d+'");
    CHECK(regex.path_is == path_kind::regex);
    CHECK(regex.path == "/v\\d+");
    CHECK(route_with("path = \"/%7Eann/caf%c3%a9\"").path == "/~ann/caf%C3%A9"); // as requests are compared
    CHECK(route_error("path = \"chat\"") == "route[0].path: has to start with '/'");
    CHECK(route_error("path = \"/chat/*\"").find("no wildcard") != std::string::npos);
    CHECK(route_error("path = \"/a\"\npath_regex = \"b\"") ==
          "route[0].path_regex: a route has 'path' or 'path_regex', not both");
    CHECK(route_errors("path_regex = \"a[b\"") ==
          brief_list{"6:14 route[0].path_regex: is not a regex: missing ]: [b"});
}

TEST_CASE("methods are tokens, alone or in an array, and their case counts")
{
    CHECK(route_with("methods = \"GET\"").methods == std::vector<std::string>{"GET"});
    CHECK(route_errors("method = \"GET\"") ==
          brief_list{"6:1 route[0]: unknown key 'method' (did you mean 'methods'?)"});
    CHECK(route_error("methods = [\"get\"]") ==
          "route[0].methods[0]: the case of a method counts: did you mean 'GET'?");
    CHECK(route_error("methods = [\"G T\"]") == "route[0].methods[0]: 'G T' is not a method (RFC 9110 9.1)");
    CHECK(route_error("methods = [\"GET\", \"GET\"]") == "route[0].methods[1]: 'GET' is listed twice");
    CHECK(route_error("methods = []") == "route[0].methods: is empty; leave it out to match any method");
    CHECK(route_error("methods = [1]") == "route[0].methods[0]: wants text in quotes, not an integer");
}

TEST_CASE("a header or query test is a value, true, or a regex")
{
    const std::string_view wanted = "wants \"the exact value\", true for any value, or { regex = \"...\" }";
    CHECK(route_error("headers = { a = 1 }") == "route[0].headers.a: " + std::string(wanted));
    CHECK(route_error("query = { a = false }") == "route[0].query.a: " + std::string(wanted));
    CHECK(route_errors("headers = { a = { regex = \"(\" } }") ==
          brief_list{"6:27 route[0].headers.a.regex: is not a regex: missing ): ("});
    CHECK(route_error("query = { a = { regx = \"(\", regex = \"x\" } }") ==
          "route[0].query.a: unknown key 'regx' (did you mean 'regex'?)");
    CHECK(route_error("headers = { a = {} }") == "route[0].headers.a: the key 'regex' is missing");
    CHECK(route_error("headers = 3").find("wants a table") != std::string::npos);
    CHECK(route_error("headers = { \"a b\" = true }") ==
          "route[0].headers.a b: 'a b' is not a header name (RFC 9110 5.6.2)");
    CHECK(route_error("headers = { Host = \"x\" }") ==
          "route[0].headers.Host: the Host header is matched by the key 'host'");
    CHECK(route_error("headers = { a = true, A = true }").find("tested twice") != std::string::npos);
    CHECK(route_error("headers = { a = \"x\\n\" }").find("control characters") != std::string::npos);
    CHECK(route_error("query = { \"\" = true }").find("is not a parameter's name") != std::string::npos);
}

TEST_CASE("a route sets headers of the request, never those of the connection")
{
    CHECK(route_error("set_headers = { content-length = \"3\" }") ==
          "route[0].set_headers.content-length: belongs to the connection, not to the request, and cannot be "
          "set");
    CHECK(route_error("set_headers = { Sec-WebSocket-Key = \"\" }").find("belongs to the connection") !=
          std::string::npos);
    CHECK(route_error("set_headers = { a = \"x\\r\\nB: c\" }").find("control characters") !=
          std::string::npos);
    CHECK(route_error("set_headers = { a = 1 }").find("wants text in quotes") != std::string::npos);
    CHECK(route_error("set_headers = { \"a:\" = \"1\" }").find("is not a header name") != std::string::npos);
    CHECK(route_error("set_headers = { a = \"1\", A = \"2\" }").find("set twice") != std::string::npos);
    CHECK(route_error("set_headers = { Host = \"\" }").find("without Host") != std::string::npos);
}

TEST_CASE("a prefix is stripped where the path has it")
{
    CHECK(route_with("strip_prefix = \"/a/b/\"").strip_prefix == "/a/b");
    CHECK(route_with("path = \"/a/\"\nstrip_prefix = \"/a\"").strip_prefix == "/a");
    CHECK(route_with("path = \"/a/b\"\nstrip_prefix = \"/a/b\"").strip_prefix == "/a/b");
    CHECK(route_with("path = \"/~a/\"\nstrip_prefix = \"/%7ea\"").strip_prefix == "/~a");
    CHECK(route_with("path_regex = \"/x.*\"\nstrip_prefix = \"/a\"").strip_prefix == "/a");
    CHECK(route_error("path = \"/ab/\"\nstrip_prefix = \"/a\"") ==
          "route[0].strip_prefix: '/a' is not the start of the route's path '/ab/'");
    CHECK(route_error("strip_prefix = \"/\"") == "route[0].strip_prefix: '/' alone would remove nothing");
    CHECK(route_with("add_prefix = \"/v2/\"").add_prefix == "/v2");
    CHECK(route_error("add_prefix = \"/\"") == "route[0].add_prefix: '/' alone would add nothing");
    CHECK(route_error("add_prefix = \"v2\"") == "route[0].add_prefix: has to start with '/'");
    CHECK(route_error("strip_prefix = \"a\"") == "route[0].strip_prefix: has to start with '/'");
}

TEST_CASE("what a WebSocket alone has needs a route that takes WebSockets")
{
    CHECK(route_with("subprotocol = \"a\"").subprotocol == "a");
    CHECK(route_error("subprotocol = \"a b\"").find("is not a token") != std::string::npos);
    CHECK(route_error("subprotocol = \"\"").find("is not a token") != std::string::npos);
    CHECK(route_error("only = \"http\"\nsubprotocol = \"a\"").find("only a WebSocket has one") !=
          std::string::npos);
    CHECK(route_error("only = \"ws\"") == "route[0].only: 'ws' is none of http, websocket");
    CHECK(route_error("upgrades = [\"WebSocket\"]").find("need no entry") != std::string::npos);
    CHECK(route_error("upgrades = [\"h2c\"]").find("past the routes") != std::string::npos);
    CHECK(route_error("upgrades = [\"a/b/c\"]").find("is not an Upgrade token") != std::string::npos);
    CHECK(route_error("upgrades = [\"a\", \"A\"]") == "route[0].upgrades[1]: 'A' is listed twice");
}

TEST_CASE("names and hosts are checked where they stand")
{
    CHECK(route_errors("host = \"a.b:80\"") ==
          brief_list{"6:8 route[0].host: a host is matched without its port: leave ':80' out"});
    CHECK(route_with("host = \"[FD00::0:1]\"").host == "[fd00::1]");
    CHECK(route_error("name = \"\"").find("1 to 128 bytes") != std::string::npos);
    CHECK(route_error("name = \"a\\tb\"").find("1 to 128 bytes") != std::string::npos);
    CHECK(route_error("host = 3") == "route[0].host: wants text in quotes, not an integer");
    const std::string start = std::string(listen_line) + std::string(pool_lines);
    CHECK(brief_errors(read_config_text(start + "[[route]]\n", "t")) ==
          brief_list{"4:1 route[0]: needs a pool, or redirect or respond"});
    CHECK(brief_errors(read_config_text(start + "[route]\npool = \"a\"\n", "t")) ==
          brief_list{"4:1 route: each route is a table of its own: [[route]]"});
    CHECK(brief_errors(read_config_text(start, "t")) ==
          brief_list{"0:0 there is no [[route]]: say which requests go to which pool"});
}

} // namespace fairlead::conf
