#include "proxy/websocket/drain_pace.hpp"

#include <doctest/doctest.h>

using fairlead::websocket::drain_pace;

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

TEST_CASE("a lot moves a close by a tick at most, and the end comes when it should")
{
    drain_pace pace(1000, 0, 10'000);
    std::size_t total = 0;
    std::uint32_t lot = 1;
    for (unsigned now = 100; now < 10'000; now += 100) {
        lot = lot * 1'103'515'245 + 12'345;
        const std::size_t count = pace.take(now, lot >> 8);
        CHECK(count <= 20);
        total += count;
        CHECK(total <= now / 10);
        CHECK(total + 10 >= now / 10);
    }
    CHECK(total + pace.take(10'000, 99) == 1000);
}
