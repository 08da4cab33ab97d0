#include "proxy/websocket/rate_limit.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::chrono_literals;
using websocket::nanoseconds;
using websocket::rate_policy;
using websocket::throttle;

namespace {

constexpr nanoseconds start = 100s;

} // namespace

TEST_CASE("a burst passes at once, and what is above it waits for its rate")
{
    throttle one;
    const rate_policy policy{.messages = {10, 5}};
    for (int i = 0; i < 5; ++i)
        CHECK(one.take(policy, {1, 100}, start).delay == 0ns);
    CHECK(one.take(policy, {1, 100}, start).delay == 100ms);
    CHECK(one.take(policy, {1, 100}, start).delay == 200ms);
    CHECK(one.take(policy, {1, 100}, start + 300ms).delay == 0ms);
}

TEST_CASE("over any time no more passes than the rate and one burst, when delays are kept")
{
    throttle one;
    const rate_policy policy{.messages = {50, 20}};
    nanoseconds now = start;
    int passed = 0;
    while (now < start + 60s) {
        now += one.take(policy, {7, 0}, now).delay + 3ms;
        passed += 7;
    }
    CHECK(passed <= 60 * 50 + 20 + 7);
    CHECK(passed >= 60 * 50 - 20);
}

TEST_CASE("bytes have a rate of their own, and the longer delay counts")
{
    throttle one;
    const rate_policy policy{.messages = {1, 100}, .bytes = {1'000'000, 64'000}};
    CHECK(one.take(policy, {1, 64'000}, start).delay == 0ns);
    CHECK(one.take(policy, {1, 500'000}, start).delay == 500ms);
    CHECK(one.take(policy, {99, 1}, start).delay == 1s);
}

TEST_CASE("without a rate nothing waits")
{
    throttle one;
    CHECK(one.take({}, {1'000'000, 16'000'000}, start).delay == 0ns);
    CHECK_FALSE(rate_policy{}.concerns(1));
}

TEST_CASE("who stays above the rate for longer than the patience is over it, and who rests begins anew")
{
    throttle one;
    const rate_policy policy{.messages = {10, 10}, .patience = 5s};
    nanoseconds now = start;
    bool is_over = false;
    while (!is_over && now < start + 60s) {
        const auto told = one.take(policy, {10, 0}, now);
        is_over = told.is_over;
        now += told.delay;
    }
    CHECK(is_over);
    CHECK(now - start >= 4s);
    CHECK(now - start <= 7s);

    throttle other;
    for (int i = 0; i < 100; ++i) { // bursts of thrice the rate, each with a rest behind it
        const auto told = other.take(policy, {30, 0}, start + i * 10s);
        CHECK(told.delay > 0ns);
        CHECK_FALSE(told.is_over);
    }
}

TEST_CASE("one load that would take longer to pay than the patience is over it at once")
{
    throttle one;
    const rate_policy policy{.messages = {10, 10}, .patience = 5s};
    CHECK(one.take(policy, {1'000, 0}, start).is_over);
}

TEST_CASE("without patience delays go on for ever")
{
    throttle one;
    const rate_policy policy{.messages = {1, 1}};
    for (int i = 0; i < 100; ++i)
        CHECK_FALSE(one.take(policy, {100, 0}, start + i * 1ms).is_over);
}

TEST_CASE("pings and pongs have a rate of their own, which concerns a read that brought some")
{
    const rate_policy policy{.controls = {100, 10}};
    CHECK(policy.concerns(1));
    CHECK_FALSE(policy.concerns(0));
    CHECK(rate_policy{.messages = {1, 1}}.concerns(0));
    throttle one;
    CHECK(one.take(policy, {1'000, 1'000'000, 10}, start).delay == 0ns);
    CHECK(one.take(policy, {0, 0, 50}, start).delay == 500ms);
    CHECK(one.take(policy, {0, 0, 1}, start + 600ms).delay == 0ns);
}
