#include "proxy/health/slow_start.hpp"

#include <doctest/doctest.h>

namespace fairlead::health {

using namespace std::chrono_literals;

TEST_CASE("a weight grows from a tenth to all of it, in proportion to the time")
{
    CHECK(share_after(0ms, 30s) == 10);
    CHECK(share_after(10s, 30s) == 40);
    CHECK(share_after(15s, 30s) == 55);
    CHECK(share_after(29'999ms, 30s) == 99);
    CHECK(share_after(30s, 30s) == 100);
    CHECK(share_after(1h, 30s) == 100);
    CHECK(share_after(-5s, 30s) == 10);
    CHECK(share_after(0ms, 0ms) == 100);
    CHECK(share_after(-5s, 0ms) == 100);
    CHECK(share_after(12h, 24h) == 55);
}

} // namespace fairlead::health
