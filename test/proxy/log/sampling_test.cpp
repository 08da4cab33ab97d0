#include "proxy/log/sampling.hpp"

#include <doctest/doctest.h>

#include <string>

using fairlead::log::is_in_sample;

TEST_CASE("one in 1 is everything, and one in 0 nothing")
{
    for (const auto* id : {"", "a", "7f3a", "0123456789abcdef0123456789abcdef"}) {
        CHECK(is_in_sample(id, 1));
        CHECK_FALSE(is_in_sample(id, 0));
    }
}

TEST_CASE("a sample is of the size asked for, and the smaller one is part of the larger")
{
    int in_10 = 0, in_100 = 0;
    for (int i = 0; i < 100'000; ++i) {
        const std::string id = "request-" + std::to_string(i);
        const bool is_in_100 = is_in_sample(id, 100);
        const bool is_in_10 = is_in_sample(id, 10);
        REQUIRE((!is_in_100 || is_in_10));
        REQUIRE(is_in_10 == is_in_sample(id, 10));
        in_10 += is_in_10 ? 1 : 0;
        in_100 += is_in_100 ? 1 : 0;
    }
    CHECK(in_10 > 9'500);
    CHECK(in_10 < 10'500);
    CHECK(in_100 > 850);
    CHECK(in_100 < 1'150);
}
