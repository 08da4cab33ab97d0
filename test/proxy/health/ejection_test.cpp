#include "proxy/health/ejection.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace fairlead::health {
namespace {

using namespace std::chrono_literals;

constexpr steady_time start{1'000s};
constexpr auto how = failure_kind::broken;

conf::eject_options options(std::uint32_t failures, std::uint32_t share = 0)
{
    conf::eject_options out;
    out.failures = failures;
    out.share = share;
    out.window = 10s;
    out.backoff = 10s;
    out.max_backoff = 60s;
    return out;
}

// How long the next ejection at `now` lasts.
std::chrono::milliseconds length_at(ejection& of, steady_time now, const conf::eject_options& by)
{
    REQUIRE(of.eject(now, by));
    return std::chrono::duration_cast<std::chrono::milliseconds>(of.until() - now);
}

} // namespace

TEST_CASE("so many failures within a window are too many, and one fewer are not")
{
    ejection of;
    CHECK_FALSE(of.fail(how, start, options(3)));
    CHECK_FALSE(of.fail(how, start + 4s, options(3)));
    CHECK(of.fail(how, start + 9'999ms, options(3)));
    CHECK(of.last_failure() == how);
}

TEST_CASE("a window begins with a failure and ends by the clock")
{
    ejection of;
    CHECK_FALSE(of.fail(how, start, options(2)));
    CHECK_FALSE(of.fail(how, start + 10s, options(2)));
    CHECK(of.fail(how, start + 19s, options(2)));
}

TEST_CASE("a few failures among many successes eject nobody")
{
    ejection of;
    of.fail(how, start, options(2, 20));
    for (int i = 0; i < 9; ++i)
        of.succeed(start, options(2, 20));
    CHECK_FALSE(of.fail(how, start, options(2, 20))); // 2 of 11
    CHECK(of.fail(how, start, options(2, 20)));       // 3 of 12
}

TEST_CASE("successes before the window's first failure and after its end are not counted")
{
    ejection of;
    for (int i = 0; i < 100; ++i)
        of.succeed(start, options(1, 100));
    CHECK(of.is_quiet());
    CHECK(of.fail(how, start, options(1, 100)));
    CHECK_FALSE(of.is_quiet());
    of.succeed(start + 10s, options(1, 100));
    CHECK(of.is_quiet());
}

TEST_CASE("an ejection ends by the clock, and what is told meanwhile counts for nothing")
{
    ejection of;
    CHECK_FALSE(of.is_out(start));
    REQUIRE(of.eject(start, options(1)));
    CHECK(of.is_out(start + 9'999ms));
    CHECK_FALSE(of.eject(start + 1s, options(1)));
    CHECK_FALSE(of.fail(how, start + 1s, options(1)));
    CHECK_FALSE(of.is_out(start + 10s));
    CHECK(of.is_quiet());
    CHECK(of.count() == 1);
}

TEST_CASE("the back-off doubles while ejections follow one another, up to its maximum, and begins anew after "
          "a quiet time")
{
    ejection of;
    const auto by = options(1);
    CHECK(length_at(of, start, by) == 10s);
    CHECK(length_at(of, start + 19s, by) == 20s); // 9 s after the last one's end
    CHECK(length_at(of, start + 58s, by) == 40s); // 19 s after
    CHECK(length_at(of, start + 99s, by) == 60s);
    CHECK(length_at(of, start + 160s, by) == 60s);
    CHECK(length_at(of, start + 281s, by) == 10s); // 61 s after one of 60
}

TEST_CASE("an ejection that leaves too few is withdrawn as if it had not been")
{
    ejection of;
    const auto by = options(1);
    CHECK(length_at(of, start, by) == 10s);
    const auto again = of.eject(start + 15s, by);
    REQUIRE(again);
    of.withdraw(*again);
    CHECK_FALSE(of.is_out(start + 15s));
    CHECK(of.count() == 1);
    CHECK(of.withheld() == 1);
    CHECK(length_at(of, start + 16s, by) == 20s); // the second in a row, not the third
    of.forgive();
    CHECK_FALSE(of.is_out(start + 17s));
    CHECK(length_at(of, start + 17s, by) == 10s);
}

TEST_CASE("of failures in many threads none is lost, and one thread ejects")
{
    ejection of;
    std::atomic<int> ejected{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int each = 0; each < 500; ++each) {
                if (of.fail(how, start, options(2'000)) && of.eject(start, options(2'000))) ++ejected;
            }
        });
    }
    for (auto& each : threads)
        each.join();
    CHECK(ejected == 1);
}

} // namespace fairlead::health
