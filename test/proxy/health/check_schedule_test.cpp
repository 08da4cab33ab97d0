#include "proxy/health/check_schedule.hpp"

#include <doctest/doctest.h>

namespace fairlead::health {
namespace {

using namespace std::chrono_literals;
using ids = std::vector<check_schedule::check_id>;

constexpr steady_time start{1'000s};

} // namespace

TEST_CASE("what is due begins, the earliest first, and the next time is told")
{
    check_schedule schedule(8);
    CHECK_FALSE(schedule.next());
    schedule.set(1, start + 3s);
    schedule.set(2, start + 1s);
    schedule.set(3, start + 9s);
    CHECK(schedule.next() == start + 1s);
    CHECK(schedule.take(start).empty());
    CHECK(schedule.take(start + 3s) == ids{2, 1});
    CHECK(schedule.next() == start + 9s);
    CHECK(schedule.take(start + 4s).empty()); // those under way are not taken again
}

TEST_CASE("no more are under way than may be; the others wait in the order of their times")
{
    check_schedule schedule(2);
    for (check_schedule::check_id id = 1; id <= 4; ++id)
        schedule.set(id, start + std::chrono::seconds(id));
    CHECK(schedule.take(start + 10s) == ids{1, 2});
    CHECK_FALSE(schedule.next()); // no room: an end makes some
    schedule.set(1, start + 20s);
    CHECK(schedule.next() == start + 3s);
    CHECK(schedule.take(start + 10s) == ids{3});
    schedule.remove(2); // while it is under way
    CHECK(schedule.take(start + 10s) == ids{4});
    schedule.remove(1); // while it waits
    schedule.remove(7); // unknown
    schedule.set(3, start + 30s);
    schedule.set(4, start + 31s);
    CHECK(schedule.take(start + 40s) == ids{3, 4});
}

TEST_CASE("a pause is shortened by a tenth at most")
{
    CHECK(shortened(1'000ms, 0) == 1'000ms);
    CHECK(shortened(1'000ms, 100) == 900ms);
    CHECK(shortened(1'000ms, 101) == 1'000ms);
    CHECK(shortened(5ms, 12'345) == 5ms);
    for (std::uint32_t lot = 0; lot < 1'000; ++lot) {
        CHECK(shortened(2'000ms, lot * 7'919) >= 1'800ms);
        CHECK(shortened(2'000ms, lot * 7'919) <= 2'000ms);
    }
}

} // namespace fairlead::health
