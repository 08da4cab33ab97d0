#include "proxy/status/fill_history.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using fairlead::status::fill_history;
using namespace std::chrono_literals;

namespace {

const fill_history::time_point start{1'000'000s};

// `used` of each sample, five seconds apart.
template <class Used>
fill_history filled(int count, Used used)
{
    fill_history out;
    for (int i = 0; i < count; ++i)
        out.add(start + i * 5s, static_cast<std::uint32_t>(used(i)));
    return out;
}

} // namespace

TEST_CASE("a steady growth is foretold from the last sample on")
{
    const auto history = filled(12, [](int i) { return 100 + 10 * i; }); // 2 a second, 210 at the end
    CHECK(history.time_to(1'210) == 500s);
    CHECK(history.time_to(211) == 1s); // half a second, rounded
}

TEST_CASE("what is full is full, also after one sample")
{
    CHECK(filled(1, [](int) { return 64; }).time_to(64) == 0s);
    CHECK(filled(30, [](int) { return 64; }).time_to(60) == 0s);
}

TEST_CASE("nothing is foretold from nothing, a few samples, or a short time")
{
    CHECK_FALSE(fill_history().time_to(100));
    CHECK_FALSE(filled(5, [](int i) { return i; }).time_to(100));
    fill_history quick;
    for (int i = 0; i < 100; ++i)
        quick.add(start + i * 100ms, static_cast<std::uint32_t>(i));
    CHECK_FALSE(quick.time_to(1'000));
}

TEST_CASE("nothing is foretold of what stays, falls, or only wavers")
{
    CHECK_FALSE(filled(60, [](int) { return 50; }).time_to(100));
    CHECK_FALSE(filled(60, [](int i) { return 100 - i; }).time_to(200));
    CHECK_FALSE(filled(60, [](int i) { return 50 + (i * 7 % 5); }).time_to(60));
}

TEST_CASE("a growth is seen through what wavers around it")
{
    const auto history = filled(60, [](int i) { return 10 * i + (i % 3) * 4; }); // 590 + 8 at the end
    const auto time = history.time_to(2'590);
    REQUIRE(time);
    CHECK(*time > 980s);
    CHECK(*time < 1'010s);
}

TEST_CASE("a growth that is over foretells nothing")
{
    const auto until = [](int end) { return filled(end, [](int i) { return 10 * std::min(i, 40); }); };
    CHECK(until(41).time_to(800) == 200s);
    CHECK(until(50).time_to(800)); // it may go on
    CHECK_FALSE(until(62).time_to(800));
}

TEST_CASE("beyond a day nothing is foretold")
{
    const auto history = filled(120, [](int i) { return i; }); // a fifth a second
    CHECK(history.time_to(119 + 17'280) == 24h);
    CHECK_FALSE(history.time_to(119 + 17'290));
}

TEST_CASE("the ring forgets: only the last ten minutes count")
{
    const auto history = filled(240, [](int i) { return i < 120 ? 20 * i : 2'400 + (i - 120); });
    CHECK(history.time_to(2'519 + 100) == 500s); // a fifth a second, not four
}
