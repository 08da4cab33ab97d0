#include "bench/load/latencies.hpp"

#include <doctest/doctest.h>

using fairlead::bench::latencies;
using std::chrono::nanoseconds;

TEST_SUITE_BEGIN("latencies");

TEST_CASE("a percentile is the value that has its share at or below it, in whatever order they came")
{
    latencies took;
    for (int i = 1'000; i >= 1; --i)
        took.add(nanoseconds{i});
    CHECK(took.at(0.5) == nanoseconds{500});
    CHECK(took.at(0.99) == nanoseconds{990});
    CHECK(took.at(0.999) == nanoseconds{999});
    CHECK(took.at(1) == nanoseconds{1'000});
}

TEST_CASE("of few values the high percentiles are the longest, and of none there is none")
{
    latencies took;
    CHECK(took.at(0.99) == nanoseconds{0});
    took.add(nanoseconds{7});
    took.add(nanoseconds{9});
    CHECK(took.at(0.5) == nanoseconds{7});
    CHECK(took.at(0.99) == nanoseconds{9});
}

TEST_SUITE_END();
