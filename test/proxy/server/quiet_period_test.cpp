#include "proxy/server/quiet_period.hpp"

#include <doctest/doctest.h>

using fairlead::server::quiet_period;

TEST_CASE("a burst settles some time after its last change, and is taken once")
{
    quiet_period quiet(500, 5'000);
    CHECK_FALSE(quiet.due().has_value());
    CHECK_FALSE(quiet.take(10'000));
    quiet.note(1'000);
    quiet.note(1'400);
    CHECK(quiet.due() == 1'900);
    CHECK_FALSE(quiet.take(1'899));
    CHECK(quiet.take(1'900));
    CHECK_FALSE(quiet.take(9'999));
    quiet.note(10'000);
    CHECK(quiet.due() == 10'500);
}

TEST_CASE("changes without end settle all the same")
{
    quiet_period quiet(500, 5'000);
    for (quiet_period::milliseconds now = 0; now <= 4'900; now += 100)
        quiet.note(now);
    CHECK(quiet.due() == 5'000);
    CHECK(quiet.take(5'000));
}
