#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

// A route without a pool; `keys` are on line 5 and what follows it.
read_result read_own(std::string_view keys)
{
    return read_config_text(
        std::string(listen_line) + std::string(pool_lines) + "[[route]]\n" + std::string(keys), "t.toml");
}

edge_options own(std::string_view keys)
{
    const auto result = read_own(keys);
    CAPTURE(keys);
    CHECK(brief_errors(result).empty());
    return result.value.routes.at(0).edge;
}

std::string only_error(const read_result& result)
{
    const auto errors = brief_errors(result);
    REQUIRE(errors.size() == 1);
    return errors[0].substr(errors[0].find(' ') + 1);
}

bool has(const std::string& text, std::string_view part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a route may answer itself, by a redirect or a response")
{
    const auto redirect = own("redirect = \"https://{host}{uri}\"\nredirect_status = 302\n");
    CHECK(redirect.redirect == "https://{host}{uri}");
    CHECK(redirect.redirect_status == 302);
    CHECK(redirect.is_final());
    CHECK(own("redirect = \"/new\"").redirect_status == 308);
    const auto respond = own("respond = { status = 410, body = \"gone\", type = \"text/html\" }");
    CHECK(respond.respond == respond_options{410, "gone", "text/html"});
    CHECK(own("respond = {}").respond == respond_options{});
}

TEST_CASE("a route has a pool or an answer of its own, and not both")
{
    CHECK(has(only_error(read_own("name = \"x\"")), "needs a pool, or redirect or respond"));
    CHECK(has(only_error(read_own("pool = \"a\"\nrespond = {}")), "gets nothing"));
    CHECK(has(only_error(read_own("redirect = \"/x\"\nrespond = {}")), "two answers"));
}

TEST_CASE("what is wrong with a redirect or a response is told at its key")
{
    CHECK(has(only_error(read_own("redirect = \"example.com\"")), "begins with"));
    CHECK(has(only_error(read_own("redirect = \"https://{hots}/\"")), "'{hots}'; there are"));
    CHECK(has(only_error(read_own("redirect = \"https://a/{\"")), "there are"));
    CHECK(has(only_error(read_own("redirect = \"https://a/}\"")), "there are"));
    CHECK(has(only_error(read_own("redirect = \"https://a/b c\"")), "%20"));
    CHECK(has(only_error(read_own("redirect = \"/x\"\nredirect_status = 305")), "301, 302"));
    CHECK(has(only_error(read_own("respond = { status = 204, body = \"x\" }")), "cannot go with 204"));
    CHECK(has(only_error(read_with_route("redirect_status = 302")), "no use without redirect"));
}

TEST_CASE("a header that only the proxy may write is not added")
{
    const auto added = read_with_route("add_headers = { X-Tag = \"a\" }");
    CHECK(brief_errors(added).empty());
    CHECK(added.value.routes.at(0).add_headers == std::vector<header_value>{{"X-Tag", "a"}});
    CHECK(has(only_error(read_with_route("add_headers = { connection = \"a\" }")),
              "belongs to the connection"));
    CHECK(
        has(only_error(read_with_route("add_headers = { X-Forwarded-For = \"a\" }")), "the proxy writes it"));
    CHECK(has(only_error(read_with_route("add_headers = { Host = \"a\" }")), "the proxy writes it"));
    CHECK(has(only_error(read_with_route("add_headers = { X-Request-ID = \"a\" }")), "see [forward]"));
    CHECK(has(only_error(read_with_route("add_headers = { X-A = \"\" }")), "set_headers removes"));
    CHECK(has(only_error(read_with_route("set_headers = { X-A = \"a\" }\nadd_headers = { x-a = \"b\" }")),
              "set by the route already"));
    const std::string asked = "auth_request = { pool = \"a\", path = \"/\", copy_headers = \"X-User\" }\n";
    CHECK(has(only_error(read_with_route(asked + "add_headers = { x-user = \"b\" }")),
              "set by the route already"));
}

TEST_CASE("clients are let in, kept out and counted")
{
    const auto result =
        read_with_route("allow = [\"10.0.0.0/8\", \"unix\"]\ndeny = \"10.1.0.0/16\"\n"
                        "request_rate = { limit = \"90/min\", by = \"header\", name = \"X-Key\" }\n"
                        "response_headers = { Server = \"\", X-A = \"b\" }");
    CHECK(brief_errors(result).empty());
    const auto& edge = result.value.routes.at(0).edge;
    CHECK(edge.allow.blocks.size() == 1);
    CHECK(edge.allow.unix_sockets);
    CHECK(edge.deny.blocks.size() == 1);
    REQUIRE(edge.request_rate.has_value());
    CHECK(edge.request_rate->limit == rate_limit{1.5, 2});
    CHECK(edge.request_rate->by == rate_key::header);
    CHECK(edge.request_rate->name == "x-key");
    CHECK(edge.response_headers == std::vector<header_value>{{"Server", ""}, {"X-A", "b"}});
    CHECK_FALSE(edge.is_final());
}

TEST_CASE("a service may be asked who passes, and has to be a pool that is there")
{
    const auto result = read_with_route("auth_request = { pool = \"a\", path = \"/verify\", "
                                        "copy_headers = [\"X-User\"] }");
    CHECK(brief_errors(result).empty());
    CHECK(result.value.routes.at(0).edge.auth_request == auth_request_options{"a", "/verify", {"X-User"}});
    CHECK(has(only_error(read_with_route("auth_request = { pool = \"b\", path = \"/v\" }")),
              "there is no pool 'b'"));
    CHECK(has(only_error(read_with_route("auth_request = { pool = \"a\", path = \"v\" }")), "path"));
    CHECK(has(only_error(
                  read_with_route("auth_request = { pool = \"a\", path = \"/v\", copy_headers = \"Host\" }")),
              "cannot be set"));
    CHECK(
        has(only_error(read_own("respond = {}\nauth_request = { pool = \"a\", path = \"/v\" }")), "no use"));
}

TEST_CASE("a header is set by one of them")
{
    CHECK(has(only_error(read_with_route("auth_request = { pool = \"a\", path = \"/v\", "
                                         "copy_headers = [\"X-A\", \"x-a\"] }")),
              "is set already"));
}

TEST_CASE("what is wrong with them is told at its key")
{
    CHECK(has(only_error(read_with_route("allow = \"10.0.0.0/33\"")), "allow"));
    CHECK(has(only_error(read_with_route("request_rate = { limit = \"fast\" }")), "is not a rate"));
    CHECK(has(only_error(read_with_route("request_rate = {}")), "missing"));
    CHECK(has(only_error(read_with_route("request_rate = { limit = \"1/s\", name = \"x\" }")),
              "means nothing"));
    CHECK(has(only_error(read_with_route("request_rate = { limit = \"1/s\", by = \"cookie\" }")),
              "is required here"));
    CHECK(has(only_error(read_with_route("response_headers = { Connection = \"close\" }")),
              "belongs to the connection, not to the answer"));
}

} // namespace fairlead::conf
