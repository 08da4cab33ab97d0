#include "proxy/npath/health_check.hpp"

#include <doctest/doctest.h>

namespace fairlead::npath {

TEST_CASE("2xx and 3xx pass, 503 drains, everything else fails")
{
    const auto outcome = [](std::string_view answer) {
        const auto verdict = judge_answer(answer);
        REQUIRE(verdict.has_value());
        return verdict->outcome;
    };
    CHECK(outcome("HTTP/1.1 200 OK\r\n") == health::check_outcome::pass);
    CHECK(outcome("HTTP/1.0 204 No Content\r\n") == health::check_outcome::pass);
    CHECK(outcome("HTTP/1.1 399") == health::check_outcome::pass);
    CHECK(outcome("HTTP/1.1 503 Service Unavailable\r\n") == health::check_outcome::drain);
    CHECK(outcome("HTTP/1.1 404 Not Found\r\n") == health::check_outcome::fail);
    CHECK(outcome("HTTP/1.1 500 \r\n") == health::check_outcome::fail);
    CHECK(outcome("HTTP/1.1 101 \r\n") == health::check_outcome::fail);
    CHECK(judge_answer("HTTP/1.1 404 Not Found")->reason == "status 404");
}

TEST_CASE("an answer is judged when its status is complete, whatever pieces it comes in")
{
    constexpr std::string_view whole = "HTTP/1.1 200";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(judge_answer(whole.substr(0, size)).has_value());
    }
    CHECK(judge_answer(whole)->outcome == health::check_outcome::pass);
}

TEST_CASE("what is not HTTP/1 fails at its first wrong byte")
{
    CHECK(judge_answer("SSH-2.0")->outcome == health::check_outcome::fail);
    CHECK(judge_answer("HTTQ")->outcome == health::check_outcome::fail);
    CHECK(judge_answer("HTTP/2 200")->outcome == health::check_outcome::fail);
    CHECK(judge_answer("HTTP/1.1 2x0 OK")->reason == "the answer has no status");
    CHECK(judge_answer("HTTP/1.1x200 OK")->reason == "the answer has no status");
}

} // namespace fairlead::npath
