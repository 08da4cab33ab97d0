#include "conf/retry_keys.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

std::optional<retry_options> retry_of(std::string_view keys)
{
    const auto result = read_with_pool("backends = [\"10.0.0.1:80\"]\n" + std::string(keys));
    REQUIRE(brief_errors(result).empty());
    return result.value.pools.at(0).retry;
}

std::string error_of(std::string_view keys)
{
    const auto errors = brief_errors(read_with_pool("backends = [\"10.0.0.1:80\"]\n" + std::string(keys)));
    REQUIRE(errors.size() == 1);
    return errors.front().substr(errors.front().find(' ') + 1); // without its place
}

} // namespace

TEST_CASE("without the table nothing is retried, an empty one retries resets once")
{
    CHECK_FALSE(retry_of("").has_value());
    const auto plain = retry_of("retry = {}");
    REQUIRE(plain.has_value());
    CHECK(*plain == retry_options{});
    CHECK(plain->on_reset);
    CHECK(plain->attempts == 1);
    CHECK(plain->budget == 20);
}

TEST_CASE("conditions of retries are words and statuses, and replace the default")
{
    const auto both = retry_of("retry = { on = [\"timeout\", \"502-504, 429\"], try_timeout = \"2s\" }");
    CHECK_FALSE(both->on_reset);
    CHECK(both->on_timeout);
    CHECK(both->statuses == std::vector<status_range>{{502, 504}, {429, 429}});
    CHECK(both->try_timeout == 2s);
    CHECK(retry_of("retry = { on = \"503\" }")->statuses == std::vector<status_range>{{503, 503}});
    const auto rest = retry_of("retry = { attempts = 3, budget = \"5%\", non_idempotent = true }");
    CHECK(rest->attempts == 3);
    CHECK(rest->budget == 5);
    CHECK(rest->non_idempotent);
}

TEST_CASE("what is no condition of a retry, or has no use, is told")
{
    CHECK(error_of("retry = { on = [\"rest\"] }").find("is not a reason to try again") != std::string::npos);
    CHECK(error_of("retry = { on = [\"200-503\"] }").find("statuses from 400 on") != std::string::npos);
    CHECK(error_of("retry = { on = [] }").find("names no reason") != std::string::npos);
    CHECK(error_of("retry = { try_timeout = \"1s\" }").find("add it there") != std::string::npos);
    CHECK(error_of("retry = { budget = \"0%\" }").find("leave `retry` out") != std::string::npos);
    CHECK(error_of("retry = { attempts = 9 }").find("5") != std::string::npos);
    CHECK(error_of("retry = 3").find("table") != std::string::npos);
}

} // namespace fairlead::conf
