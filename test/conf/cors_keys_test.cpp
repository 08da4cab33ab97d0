#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

cors_options cors(const std::string& keys)
{
    const auto result = read_with_route("cors = { " + keys + " }");
    CAPTURE(keys);
    CHECK(brief_errors(result).empty());
    return result.value.routes.at(0).edge.cors.value();
}

std::string problem(const std::string& keys)
{
    const auto errors = brief_errors(read_with_route("cors = { " + keys + " }"));
    CAPTURE(keys);
    REQUIRE(errors.size() == 1);
    return errors[0];
}

bool has(const std::string& text, std::string_view part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("cors names origins, and lets simple requests of theirs be read by default")
{
    const auto read =
        cors("origins = [\"https://App.example.com\", \"https://*.example.org\", \"same-host\"]");
    REQUIRE(read.origins.size() == 3);
    CHECK(read.origins[0] == origin_pattern{origin_pattern::kind::exact, "https://app.example.com", ""});
    CHECK(read.origins[1] == origin_pattern{origin_pattern::kind::wildcard, ".example.org", "https"});
    CHECK_FALSE(read.any_origin);
    CHECK(read.methods == std::vector<std::string>{"GET", "HEAD", "POST"});
    CHECK(read.headers.empty());
    CHECK_FALSE(read.credentials);
    CHECK_FALSE(read.max_age);
}

TEST_CASE("cors takes methods, headers, credentials and an age")
{
    const auto read = cors("origins = \"https://a.test\", methods = [\"PUT\", \"QUERY\"], headers = \"*\", "
                           "expose_headers = [\"Link\"], credentials = true, max_age = \"10m\"");
    CHECK(read.methods == std::vector<std::string>{"PUT", "QUERY"});
    CHECK(read.headers == std::vector<std::string>{"*"});
    CHECK(read.expose_headers == std::vector<std::string>{"Link"});
    CHECK(read.credentials);
    CHECK(read.max_age == duration{600'000});
    CHECK(cors("origins = \"*\", max_age = 0").max_age == duration{0});
    CHECK(cors("origins = \"*\"").any_origin);
}

TEST_CASE("origins that allow nobody, or everybody with credentials, are refused with the reason")
{
    CHECK(has(problem("methods = [\"GET\"]"), "the key 'origins' is missing"));
    CHECK(has(problem("origins = []"), "names nobody"));
    CHECK(has(problem("origins = \"none\""), "only websocket has"));
    CHECK(has(problem("origins = \"null\""), "is not an origin; one is SCHEME://HOST"));
    CHECK(has(problem("origins = \"https://a.test/\""), "is not an origin"));
    CHECK(has(problem("origins = [\"*\", \"https://a.test\"]"), "holds all others"));
    CHECK(has(problem("origins = [\"https://a.test\", \"https://A.test\"]"), "listed twice"));
    CHECK(has(problem("origins = \"*\", credentials = true"),
              "let every page on the web act as whoever visits"));
    CHECK(has(problem("origins = \"https://a.test\", credentials = true, expose_headers = \"*\""),
              "no wildcard with credentials"));
}

TEST_CASE("what cors lets through is told by tokens")
{
    const std::string origin = "origins = \"https://a.test\", ";
    CHECK(has(problem(origin + "methods = [\"put\"]"), "write it in capitals"));
    CHECK(has(problem(origin + "methods = [\"a b\"]"), "not a token"));
    CHECK(has(problem(origin + "methods = [\"GET\", \"GET\"]"), "listed twice"));
    CHECK(has(problem(origin + "headers = [\"X-A\", \"x-a\"]"), "listed twice"));
    CHECK(has(problem(origin + "headers = [\"*\", \"X-A\"]"), "holds all others"));
    CHECK(cors(origin + "methods = [\"query\"]").methods == std::vector<std::string>{"query"});
}

TEST_CASE("cors and response_headers do not say the same")
{
    const auto errors =
        brief_errors(read_with_route("cors = { origins = \"*\" }\n"
                                     "response_headers = { access-control-allow-origin = \"*\" }"));
    REQUIRE(errors.size() == 1);
    CHECK(has(errors[0], "is what `cors` says"));
    CHECK(read_with_route("response_headers = { Access-Control-Allow-Origin = \"*\" }").ok());
}

} // namespace fairlead::conf
