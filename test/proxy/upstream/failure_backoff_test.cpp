#include "proxy/upstream/failure_backoff.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace fairlead::upstream;
using namespace std::chrono_literals;

namespace {

const steady_time start{1'000s};
const backoff_options options{1'000ms, 5'000ms};
constexpr auto connect_timeout = 500ms;

} // namespace

TEST_CASE("a healthy backend admits everybody")
{
    failure_backoff state;
    attempt granted;
    for (int i = 0; i < 3; ++i) {
        CHECK(state.is_due(start));
        CHECK(state.admit(start, connect_timeout, granted));
        CHECK_FALSE(granted.is_probe());
    }
    CHECK(state.failures() == 0);
    CHECK(state.retry_at() == steady_time{});
}

TEST_CASE("after a failure nobody is admitted until the delay has elapsed, then one")
{
    failure_backoff state;
    attempt granted;
    state.fail({}, start, options);
    CHECK(state.failures() == 1);
    CHECK(state.retry_at() == start + 1s);
    CHECK_FALSE(state.admit(start + 999ms, connect_timeout, granted));
    CHECK(state.is_due(start + 1s));
    REQUIRE(state.admit(start + 1s, connect_timeout, granted));
    CHECK(granted.is_probe());
    attempt second;
    CHECK_FALSE(state.is_due(start + 1s));
    CHECK_FALSE(state.admit(start + 1s, connect_timeout, second));
}

TEST_CASE("the delay doubles with each probe that fails, up to the maximum")
{
    failure_backoff state;
    auto now = start;
    state.fail({}, now, options);
    for (const auto delay : {1'000ms, 2'000ms, 4'000ms, 5'000ms, 5'000ms}) {
        CHECK(state.retry_at() == now + delay);
        now += delay;
        attempt probe;
        REQUIRE(state.admit(now, connect_timeout, probe));
        state.fail(probe, now, options);
    }
    CHECK(state.failures() == 6);
}

TEST_CASE("attempts that were under way when the back-off began do not lengthen it")
{
    failure_backoff state;
    for (int i = 0; i < 100; ++i)
        state.fail({}, start + std::chrono::milliseconds(i), options);
    CHECK(state.failures() == 1);
    CHECK(state.retry_at() == start + 1s);
}

TEST_CASE("a success ends the back-off and forgets the delay")
{
    failure_backoff state;
    attempt probe;
    state.fail({}, start, options);
    REQUIRE(state.admit(start + 1s, connect_timeout, probe));
    state.fail(probe, start + 1s, options);
    REQUIRE(state.admit(start + 3s, connect_timeout, probe));
    state.succeed();
    CHECK(state.is_due(start + 3s));
    CHECK(state.failures() == 0);
    state.fail(probe, start + 3s, options); // late news of a claim that is over
    CHECK(state.is_due(start + 3s));
    state.fail({}, start + 4s, options);
    CHECK(state.retry_at() == start + 5s);
}

TEST_CASE("a probe that never reports loses its claim after the delay and a connect timeout")
{
    failure_backoff state;
    attempt lost;
    attempt next;
    state.fail({}, start, options);
    REQUIRE(state.admit(start + 1s, connect_timeout, lost));
    CHECK_FALSE(state.admit(start + 2'499ms, connect_timeout, next));
    REQUIRE(state.admit(start + 2'500ms, connect_timeout, next));
    state.fail(lost, start + 2'600ms, options);
    CHECK(state.failures() == 1);
    state.fail(next, start + 2'700ms, options);
    CHECK(state.retry_at() == start + 4'700ms);
}

TEST_CASE("an initial delay of 0 switches the back-off off")
{
    failure_backoff state;
    state.fail({}, start, {0ms, 5'000ms});
    CHECK(state.is_due(start));
    CHECK(state.failures() == 0);
}

TEST_CASE("of four threads exactly one gets the probe")
{
    for (int round = 0; round < 200; ++round) {
        failure_backoff state;
        state.fail({}, start, options);
        std::atomic<int> probes{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                attempt granted;
                if (state.admit(start + 1s, connect_timeout, granted)) ++probes;
            });
        }
        for (auto& thread : threads)
            thread.join();
        CHECK(probes == 1);
    }
}
