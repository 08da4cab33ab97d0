#include "proxy/health/slow_outliers.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;

namespace {

using positions = std::vector<std::size_t>;

const conf::eject_options three_times = [] {
    conf::eject_options out;
    out.slow_factor = 3;
    out.slow_least = 50ms;
    out.slow_answers = 10;
    return out;
}();

positions slow_of(const std::vector<answer_summary>& backends,
                  const conf::eject_options& options = three_times)
{
    positions out;
    for (const auto& each : find_slow(backends, options))
        out.push_back(each.position);
    return out;
}

} // namespace

TEST_CASE("the one that takes more than the factor is an outlier, with what it was compared with")
{
    const std::vector<answer_summary> backends{{10, 20ms}, {10, 91ms}, {10, 30ms}, {10, 25ms}};
    CHECK(find_slow(backends, three_times) == std::vector<slow_outlier>{{1, 91ms, 25ms}});
    CHECK(slow_of({{10, 20ms}, {10, 75ms}, {10, 30ms}, {10, 25ms}}).empty()); // three times it, and no more
}

TEST_CASE("of two, one can be")
{
    CHECK(slow_of({{10, 20ms}, {10, 61ms}}) == positions{1});
    CHECK(slow_of({{10, 61ms}, {10, 61ms}}).empty());
    CHECK(slow_of({{10, 61ms}}).empty());
    CHECK(slow_of({}).empty());
}

TEST_CASE("when more than half of a pool is slow, none is an outlier")
{
    CHECK(slow_of({{10, 10ms}, {10, 1s}, {10, 1s}}).empty());
    CHECK(slow_of({{10, 10ms}, {10, 1s}, {10, 1s}, {10, 1s}}).empty());
    CHECK(slow_of({{10, 10ms}, {10, 10ms}, {10, 1s}, {10, 2s}}) == positions{3, 2});
    CHECK(slow_of({{10, 10ms}, {10, 2s}, {10, 10ms}, {10, 10ms}, {10, 1s}}) == positions{1, 4});
}

TEST_CASE("what is quick enough is never too slow, and what is hardly known is not compared")
{
    CHECK(slow_of({{10, 1ms}, {10, 49ms}, {10, 1ms}}).empty());
    CHECK(slow_of({{10, 1ms}, {10, 50ms}, {10, 1ms}}) == positions{1});
    CHECK(slow_of({{10, 1ms}, {9, 5s}, {10, 1ms}}).empty());
    CHECK(slow_of({{9, 1ms}, {10, 5s}, {9, 1ms}}).empty());
}

TEST_CASE("without a factor there are none")
{
    CHECK(slow_of({{100, 1ms}, {100, 5s}}, conf::eject_options{}).empty());
}
