#include "proxy/health/answer_times.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace fairlead::health;
using namespace std::chrono_literals;

TEST_CASE("a median is told within a fifth, from 64 microseconds to a minute")
{
    answer_times times;
    for (std::chrono::microseconds wanted = 70us; wanted < 58s; wanted = wanted * 23 / 20) {
        CAPTURE(wanted.count());
        for (int i = 0; i < 9; ++i)
            times.add(wanted);
        const auto told = times.take();
        CHECK(told.count == 9);
        CHECK(told.median * 5 >= wanted * 4);
        CHECK(told.median * 5 <= wanted * 6);
    }
}

TEST_CASE("a few long answers do not move it, half of them do")
{
    answer_times times;
    for (int i = 0; i < 60; ++i)
        times.add(10ms);
    for (int i = 0; i < 40; ++i)
        times.add(30s);
    CHECK(times.take().median < 13ms);
    for (int i = 0; i < 40; ++i)
        times.add(10ms);
    for (int i = 0; i < 60; ++i)
        times.add(30s);
    CHECK(times.take().median > 20s);
}

TEST_CASE("what is outside of its range counts at the end, and what was taken is gone")
{
    answer_times times;
    CHECK(times.take().count == 0);
    CHECK(times.take().median == 0us);
    times.add(-1ns);
    times.add(0ns);
    CHECK(times.take().median <= 80us);
    times.add(24h);
    const auto told = times.take();
    CHECK(told.count == 1);
    CHECK(told.median >= 58s);
    CHECK(times.take().count == 0);
}

TEST_CASE("nothing that workers add at once is lost")
{
    answer_times times;
    std::vector<std::thread> workers;
    for (int i = 0; i < 3; ++i)
        workers.emplace_back([&] {
            for (int n = 0; n < 10'000; ++n)
                times.add(std::chrono::milliseconds(1 + n % 3));
        });
    std::uint64_t count = 0;
    for (int i = 0; i < 100; ++i)
        count += times.take().count;
    for (auto& each : workers)
        each.join();
    CHECK(count + times.take().count == 30'000);
}
