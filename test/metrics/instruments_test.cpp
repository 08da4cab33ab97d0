#include "metrics/instruments.hpp"

#include "metrics/cells.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace std::chrono_literals;

namespace fairlead::metrics {
namespace {

struct two_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 2> bounds{1ms, 1s};
};

template <class Bounds>
void check_edges()
{
    CHECK(std::ranges::is_sorted(Bounds::bounds));
    for (std::size_t i = 0; i < Bounds::bounds.size(); ++i) {
        histogram<Bounds> at_bound;
        at_bound.observe(Bounds::bounds[i]);
        CHECK(at_bound.bucket(i) == 1);

        histogram<Bounds> above;
        above.observe(Bounds::bounds[i] + 1ns);
        CHECK(above.bucket(i + 1) == 1);
    }
}

} // namespace

TEST_CASE("a counter starts at zero and grows by what is added")
{
    counter c;
    CHECK(c.value() == 0);
    c.add();
    c.add(41);
    CHECK(c.value() == 42);
}

TEST_CASE("a gauge goes up, down, below zero and where it is set")
{
    gauge g;
    g.add(3);
    g.sub();
    CHECK(g.value() == 2);
    g.add(-5);
    CHECK(g.value() == -3);
    g.set(7);
    CHECK(g.value() == 7);
}

TEST_CASE("a bucket's bound belongs to it and a nanosecond more does not (le is inclusive)")
{
    check_edges<handshake_bounds>();
    check_edges<lifetime_bounds>();
    check_edges<latency_bounds>();
    check_edges<dial_bounds>();
}

TEST_CASE("what is above the last bound is counted and summed")
{
    histogram<two_bounds> h;
    h.observe(1h);
    CHECK(h.bucket(2) == 1);
    CHECK(h.count() == 1);
    CHECK(h.sum_us() == 3'600'000'000);
}

TEST_CASE("a negative duration counts as zero")
{
    histogram<two_bounds> h;
    h.observe(-5s);
    CHECK(h.bucket(0) == 1);
    CHECK(h.sum_us() == 0);
}

TEST_CASE("the sum rounds each duration to the nearest microsecond")
{
    histogram<two_bounds> h;
    h.observe(499ns);
    CHECK(h.sum_us() == 0);
    h.observe(1500ns);
    CHECK(h.sum_us() == 2);
    CHECK(h.count() == 2);
}

} // namespace fairlead::metrics
