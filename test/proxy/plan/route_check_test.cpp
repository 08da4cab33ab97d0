#include "proxy/plan/route_check.hpp"

#include "test/proxy/plan/planning.hpp"

using namespace fairlead;
using plan::test::pool;
using plan::test::route;

namespace {

plan::route_verdict check(const std::string& text)
{
    const conf::host_facts host;
    const auto read =
        conf::read_config_text("listen = [{ address = \"0.0.0.0:8080\" }]\n" + text, "t.toml", host);
    REQUIRE(read.ok());
    return plan::check_routes(read.value, host);
}

const std::string small = pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.1\"\nports = \"2000-2999\"");

} // namespace

TEST_CASE("a route whose max_connections its pool cannot hold is an error at its line, with the ways out")
{
    CHECK(check(small + route("a", "max_connections = 1000")).errors.empty());
    const auto verdict = check(small + route("a", "max_connections = 1001"));
    REQUIRE(verdict.errors.size() == 1);
    const auto text = conf::format_error(verdict.errors[0]);
    CHECK(text.starts_with(
        "t.toml:6:1: error: route.max_connections: 1,001 cannot be held: pool a has source tuples "
        "for 1,000; add 1 source address to pool a"));
    CHECK(text.find("; or widen its ports: ports = ") != std::string::npos);
}

TEST_CASE("routes that cannot be held together are a warning")
{
    const auto text = small + route("a", "max_connections = 600") +
                      "[[route]]\npath = \"/b/\"\npool = \"a\"\nmax_connections = 600\n";
    const auto verdict = check(text);
    CHECK(verdict.errors.empty());
    REQUIRE(verdict.warnings.size() == 1);
    CHECK(verdict.warnings[0] ==
          "the routes' max_connections are 1,200 together, source tuples of pool a are 1,000");
}

TEST_CASE("names may have more addresses than one, so they are no error")
{
    const auto verdict = check(pool("a", "\"app:80\"", "source = \"10.0.1.1\"\nports = \"2000-2999\"") +
                               route("a", "max_connections = 1500"));
    CHECK(verdict.errors.empty());
    REQUIRE(!verdict.warnings.empty());
    CHECK(verdict.warnings[0].find("if each name is one address") != std::string::npos);
}

TEST_CASE("routes without a limit, and pools without one, are always right")
{
    const auto verdict =
        check(small + pool("b", "\"unix:/run/b\"") + route("a") + route("b", "max_connections = 9000000"));
    CHECK(verdict.errors.empty());
    CHECK(verdict.warnings.empty());
}
