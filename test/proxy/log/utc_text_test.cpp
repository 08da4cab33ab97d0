#include "proxy/log/utc_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::log;
using namespace std::chrono_literals;

TEST_CASE("a time is written in UTC with milliseconds (RFC 3339 5.6)")
{
    const std::chrono::system_clock::time_point epoch{};
    CHECK(utc_text(epoch) == "1970-01-01T00:00:00.000Z");
    CHECK(utc_text(epoch + 1'769'860'800s + 250ms + 999us) == "2026-01-31T12:00:00.250Z");
    CHECK(utc_text(epoch - 1ms) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("a clock that is asked often writes what one that is asked once does")
{
    utc_clock clock;
    std::chrono::system_clock::time_point at{1'769'860'799s};
    for (int i = 0; i < 3'000; ++i, at += 777'123us)
        REQUIRE(clock.text(at) == utc_text(at));
    at -= 1h; // clocks are set back
    CHECK(clock.text(at) == utc_text(at));
}
