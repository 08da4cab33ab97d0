#include "proxy/routing/matchers.hpp"

#include "test/proxy/routing/request.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::routing;
using kind = conf::value_match::kind;

namespace {

bool holds(const conf::route_options& options, const request& asked)
{
    std::vector<std::string> errors;
    const condition_set conditions(options, errors);
    REQUIRE(errors.empty());
    return conditions.hold(asked.key());
}

conf::route_options header(std::string name, kind how, std::string text = "")
{
    conf::route_options out;
    out.headers.push_back({std::move(name), how, std::move(text)});
    return out;
}

conf::route_options parameter(std::string name, kind how, std::string text = "")
{
    conf::route_options out;
    out.query.push_back({std::move(name), how, std::move(text)});
    return out;
}

} // namespace

TEST_CASE("methods match by name and case (RFC 9110 9.1)")
{
    conf::route_options options;
    CHECK(holds(options, {.method = "PURGE"}));
    options.methods = {"GET", "HEAD"};
    CHECK(holds(options, {.method = "HEAD"}));
    CHECK_FALSE(holds(options, {.method = "get"}));
    CHECK_FALSE(holds(options, {.method = "POST"}));
}

TEST_CASE("an exact header compares the whole value, the name in any case")
{
    const auto options = header("X-Tenant", kind::exact, "blue");
    CHECK(holds(options, {.headers = {{"x-tenant", "blue"}}}));
    CHECK_FALSE(holds(options, {.headers = {{"x-tenant", "Blue"}}}));
    CHECK_FALSE(holds(options, {.headers = {{"x-tenant", "blue2"}}}));
    CHECK_FALSE(holds(options, {}));
}

TEST_CASE("any value of a repeated header satisfies a condition")
{
    const request asked{.headers = {{"x-a", "1"}, {"x-b", "2"}, {"x-a", "3"}}};
    CHECK(holds(header("X-A", kind::exact, "3"), asked));
    CHECK(holds(header("X-A", kind::regex, "[1]"), asked));
    CHECK_FALSE(holds(header("X-A", kind::exact, "2"), asked));
}

TEST_CASE("a present header may have any value, also none")
{
    CHECK(holds(header("X-A", kind::present), {.headers = {{"x-a", ""}}}));
    CHECK_FALSE(holds(header("X-A", kind::present), {.headers = {{"x-b", "1"}}}));
}

TEST_CASE("a header regex matches the whole value")
{
    const auto options = header("User-Agent", kind::regex, "Mozilla/.*");
    CHECK(holds(options, {.headers = {{"user-agent", "Mozilla/5.0"}}}));
    CHECK_FALSE(holds(options, {.headers = {{"user-agent", "x Mozilla/5.0"}}}));
}

TEST_CASE("all conditions of a route hold together")
{
    auto options = header("X-A", kind::exact, "1");
    options.query.push_back({"q", kind::present, ""});
    CHECK(holds(options, {.query = "q", .headers = {{"x-a", "1"}}}));
    CHECK_FALSE(holds(options, {.headers = {{"x-a", "1"}}}));
    CHECK_FALSE(holds(options, {.query = "q"}));
}

TEST_CASE("query parameters are compared decoded")
{
    const auto options = parameter("a b", kind::exact, "x&y");
    CHECK(holds(options, {.query = "a+b=x%26y"}));
    CHECK(holds(options, {.query = "z=1&a%20b=x%26y"}));
    CHECK_FALSE(holds(options, {.query = "a+b=x&y"}));
    CHECK_FALSE(holds(options, {.query = "A+b=x%26y"}));
}

TEST_CASE("a query parameter may be present, repeated, or match a regex, also across an encoded line end")
{
    CHECK(holds(parameter("debug", kind::present), {.query = "debug"}));
    CHECK(holds(parameter("debug", kind::exact, ""), {.query = "debug"}));
    CHECK_FALSE(holds(parameter("debug", kind::present), {.query = "debugger=1"}));
    CHECK(holds(parameter("v", kind::exact, "2"), {.query = "v=1&v=2"}));
    CHECK(holds(parameter("v", kind::regex, "[0-9]+"), {.query = "v=12"}));
    CHECK(holds(parameter("v", kind::regex, "a.*b"), {.query = "v=a%0Ab"}));
    CHECK_FALSE(holds(parameter("v", kind::regex, "[0-9]+"), {.query = "v=12a"}));
}

TEST_CASE("only separates WebSocket upgrades from everything else")
{
    conf::route_options options;
    options.only = conf::traffic_kind::websocket;
    CHECK(holds(options, {.is_websocket = true}));
    CHECK_FALSE(holds(options, {}));
    options.only = conf::traffic_kind::http;
    CHECK(holds(options, {}));
    CHECK_FALSE(holds(options, {.is_websocket = true}));
}

TEST_CASE("a subprotocol must be offered, in any field and at any place (RFC 6455 11.3.4)")
{
    conf::route_options options;
    options.subprotocol = "chat.v2";
    const auto offers = [&](header_list headers) {
        return holds(options, {.is_websocket = true, .headers = std::move(headers)});
    };
    CHECK(offers({{"sec-websocket-protocol", "chat.v2"}}));
    CHECK(offers({{"sec-websocket-protocol", "chat.v1,\t chat.v2 , x"}}));
    CHECK(offers({{"sec-websocket-protocol", "chat.v1"}, {"sec-websocket-protocol", "chat.v2"}}));
    CHECK_FALSE(offers({{"sec-websocket-protocol", "chat.v22, Chat.v2, ,"}}));
    CHECK_FALSE(offers({}));
    CHECK_FALSE(holds(options, {.headers = {{"sec-websocket-protocol", "chat.v2"}}}));
}

TEST_CASE("every kind of condition counts towards how specific a route is")
{
    auto options = header("X-A", kind::present);
    options.query.push_back({"q", kind::present, ""});
    options.query.push_back({"r", kind::present, ""});
    options.methods = {"GET", "HEAD"};
    options.only = conf::traffic_kind::websocket;
    options.subprotocol = "chat";
    std::vector<std::string> errors;
    CHECK(condition_set(options, errors).count() == 6);
    CHECK(condition_set({}, errors).count() == 0);
}

TEST_CASE("a client certificate has to be shown, and to match")
{
    const tls::peer_certificate shown{"CN=d7", {"DNS:d7.example"}, "ab"};
    conf::route_options options;
    options.client_certificate.emplace();
    CHECK(holds(options, {.certificate = &shown}));
    CHECK_FALSE(holds(options, {}));
    options.client_certificate->sans = {"DNS:*.example"};
    CHECK(holds(options, {.certificate = &shown}));
    options.client_certificate->sans = {"DNS:*.org"};
    CHECK_FALSE(holds(options, {.certificate = &shown}));
}
