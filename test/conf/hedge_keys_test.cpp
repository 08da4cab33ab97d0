#include "conf/hedge_keys.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

std::optional<hedge_options> hedge_of(std::string_view keys)
{
    const auto result = read_with_pool("backends = [\"10.0.0.1:80\"]\n" + std::string(keys));
    REQUIRE(brief_errors(result).empty());
    return result.value.pools.at(0).hedge;
}

std::string error_of(std::string_view keys)
{
    const auto errors = brief_errors(read_with_pool("backends = [\"10.0.0.1:80\"]\n" + std::string(keys)));
    REQUIRE(errors.size() == 1);
    return errors.front();
}

bool says(const std::string& error, std::string_view part) { return error.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a hedge waits for a time or a quantile")
{
    CHECK_FALSE(hedge_of("").has_value());
    const auto fixed = hedge_of("hedge = { after = \"50ms\" }");
    REQUIRE(fixed.has_value());
    CHECK(fixed->after == 50ms);
    CHECK(fixed->per_mille == 0);
    CHECK(fixed->max_share == 10);
    CHECK_FALSE(fixed->idempotent);
    const auto learned =
        hedge_of("hedge = { after = \"p99.9\", at_least = \"2ms\", max_share = \"5%\", idempotent = true }");
    CHECK(learned->after == 0ms);
    CHECK(learned->per_mille == 999);
    CHECK(learned->at_least == 2ms);
    CHECK(learned->max_share == 5);
    CHECK(learned->idempotent);
}

TEST_CASE("quantiles are those from p50 to p99.9")
{
    CHECK(parse_quantile("p50") == 500);
    CHECK(parse_quantile("p95") == 950);
    CHECK(parse_quantile("p99.5") == 995);
    for (const auto* text :
         {"", "p", "95", "p5", "p49", "p49.9", "p100", "p99.99", "p9x", "p99.", "p9.5", "P95"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_quantile(text).has_value());
    }
}

TEST_CASE("what is no wait of a hedge, or has no use, is told with its place")
{
    CHECK(says(error_of("hedge = {}"), "after"));
    for (const auto* wait : {"0", "p100", "2h", "soon"}) {
        CAPTURE(wait);
        const auto error = error_of("hedge = { after = \"" + std::string(wait) + "\" }");
        CHECK(says(error, "is not a time to wait; one is 1ms to 1h, or p50 to p99.9"));
        CHECK(error.starts_with("4:19 pool.a.hedge.after: "));
    }
    CHECK(says(error_of("hedge = { after = \"1ms\", max_share = \"0%\" }"), "leave `hedge` out"));
    CHECK(says(error_of("hedge = { after = \"1ms\", at_least = \"1ms\" }"), "bounds a quantile"));
    CHECK(
        says(error_of("retry = { budget = \"5%\" }\nhedge = { after = \"1ms\" }"), "more than retry.budget"));
    CHECK(says(error_of("hedge = { after = \"1ms\" }\nsticky = { by = \"header\", name = \"X-Room\" }"),
               "use one of them"));
}

} // namespace fairlead::conf
