#include "proxy/websocket/timeline.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using fairlead::websocket::short_time;

TEST_CASE("a short time is exact to the millisecond below 32 s, to the second after that, and bounded")
{
    CHECK(!short_time().get());
    CHECK(short_time(0s).get() == 0ms);
    CHECK(short_time(-5s).get() == 0ms);
    CHECK(short_time(1'234'567us).get() == 1'234ms);
    CHECK(short_time(32'767ms).get() == 32'767ms);
    CHECK(short_time(32'768ms).get() == 32s);
    CHECK(short_time(2h + 900ms).get() == 2h);
    CHECK(short_time(48h).get() == 32'766s);
}
