#include "proxy/health/answer_tail.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace std::chrono_literals;
using fairlead::health::answer_tail;

namespace {

void add(answer_tail& to, std::chrono::microseconds took, int count)
{
    for (int i = 0; i < count; ++i)
        to.add(took);
}

bool is_within_a_fifth_above(std::chrono::microseconds told, std::chrono::microseconds is)
{
    return told >= is && told.count() * 5 <= is.count() * 6 + 5;
}

} // namespace

TEST_CASE("nothing is told of fewer than a hundred answers")
{
    answer_tail tail(950);
    add(tail, 1ms, 64);
    CHECK(tail.current() == 0us);
    add(tail, 1ms, 64);
    CHECK(is_within_a_fifth_above(tail.current(), 1ms));
}

TEST_CASE("so many of a thousand are at most as long as what is told")
{
    struct row
    {
        std::uint32_t per_mille;
        std::chrono::microseconds expected;
    };
    for (const row& each : {row{500, 1ms}, row{900, 1ms}, row{950, 20ms}}) {
        answer_tail tail(each.per_mille);
        for (int i = 0; i < 64; ++i) {
            add(tail, 1ms, 18);
            add(tail, 20ms, 2);
        }
        CAPTURE(each.per_mille);
        CHECK(is_within_a_fifth_above(tail.current(), each.expected));
    }
}

TEST_CASE("what was long ago is outweighed")
{
    answer_tail tail(950);
    add(tail, 100ms, 20'000);
    CHECK(tail.current() >= 100ms);
    add(tail, 1ms, 20'000);
    CHECK(is_within_a_fifth_above(tail.current(), 1ms));
    add(tail, 100ms, 1'000);
    CHECK(tail.current() >= 100ms);
}

TEST_CASE("answers of all lengths have a place")
{
    answer_tail tail(990);
    add(tail, -1us, 64);
    add(tail, 0us, 64);
    CHECK(tail.current() <= 100us);
    add(tail, std::chrono::hours(5), 128);
    CHECK(tail.current() >= 50s);
}

TEST_CASE("many threads may add at once")
{
    answer_tail tail(950);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] { add(tail, 3ms, 50'000); });
    }
    add(tail, 3ms, 64);
    CHECK(is_within_a_fifth_above(tail.current(), 3ms));
}
