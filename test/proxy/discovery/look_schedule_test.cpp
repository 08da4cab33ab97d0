#include "proxy/discovery/look_schedule.hpp"

#include <doctest/doctest.h>

namespace fairlead::discovery {

using std::chrono::seconds;

TEST_SUITE("look_schedule")
{
    TEST_CASE("an answer is good for its TTL within the bounds, and up to a tenth longer")
    {
        look_schedule when(seconds(5), seconds(30));
        CHECK(when.after_answer(seconds(10), 0) == seconds(10));
        CHECK(when.after_answer(seconds(10), 0.5) == conf::duration(10'500));
        CHECK(when.after_answer(seconds(0), 0) == seconds(5));
        CHECK(when.after_answer(seconds(0x7fffffff), 0) == seconds(30));
    }

    TEST_CASE("failures in a row are asked again later and later, half a minute at most")
    {
        look_schedule when(seconds(5), seconds(300));
        for (const int expected : {5, 10, 20, 30, 30})
            CHECK(when.after_failure(0) == seconds(expected));
        (void)when.after_answer(seconds(10), 0);
        CHECK(when.after_failure(0) == seconds(5));
    }

    TEST_CASE("a least TTL beyond half a minute holds for failures too")
    {
        look_schedule when(seconds(60), seconds(300));
        for (int i = 0; i < 100; ++i)
            CHECK(when.after_failure(0) == seconds(60));
    }
}

} // namespace fairlead::discovery
