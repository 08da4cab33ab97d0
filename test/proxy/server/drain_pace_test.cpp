#include "proxy/server/drain_pace.hpp"

#include <doctest/doctest.h>

using fairlead::server::drain_pace;

TEST_CASE("a drain closes the same number in every part of its window")
{
    drain_pace pace(5000, 1000, 10'000);
    std::size_t total = 0;
    for (int tick = 1; tick <= 100; ++tick) {
        const std::size_t count = pace.take(1000 + 100 * static_cast<std::size_t>(tick));
        CHECK(count == 50);
        total += count;
    }
    CHECK(total == 5000);
    CHECK(pace.take(20'000) == 0);
}

TEST_CASE("a drain without a window closes everything at once, and a late look makes up for the missed ones")
{
    drain_pace at_once(7, 5, 0);
    CHECK(at_once.take(5) == 7);
    drain_pace late(100, 0, 1000);
    CHECK(late.take(500) == 50);
    CHECK(late.take(5000) == 50);
    CHECK(late.is_over(1000));
    CHECK_FALSE(late.is_over(999));
}

TEST_CASE("fewer tunnels than ticks are spread, not bunched at the end")
{
    drain_pace pace(3, 0, 9000);
    std::size_t closed_by_half = 0;
    for (unsigned now = 100; now <= 4500; now += 100)
        closed_by_half += pace.take(now);
    CHECK(closed_by_half == 1);
    CHECK(pace.take(9000) == 2);
}
