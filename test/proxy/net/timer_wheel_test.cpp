#include "proxy/net/timer_wheel.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

using namespace fairlead::net;

namespace {

struct waiter : wheel_entry
{
    waiter()
        : wheel_entry(&waiter::on_due)
    {}
    static void on_due(wheel_entry& entry) noexcept { ++static_cast<waiter&>(entry).fired; }
    int fired = 0;
};

} // namespace

TEST_CASE("a deadline fires once, never early and at most one tick late")
{
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        const milliseconds_count start = random() % 1'000'000;
        timer_wheel wheel(start);
        waiter entry;
        const milliseconds_count delay = random() % 200'000;
        wheel.arm(entry, start, delay);
        milliseconds_count now = start;
        while (entry.fired == 0 && now < start + delay + 1000) {
            now += 10;
            wheel.advance(now);
        }
        CHECK(entry.fired == 1);
        CHECK(now >= start + delay);
        CHECK(now <= start + delay + 2 * timer_wheel::tick);
        wheel.advance(now + 100'000);
        CHECK(entry.fired == 1);
    }
}

TEST_CASE("a cancelled or destroyed deadline does not fire")
{
    timer_wheel wheel(0);
    waiter cancelled;
    auto destroyed = std::make_unique<waiter>();
    wheel.arm(cancelled, 0, 500);
    wheel.arm(*destroyed, 0, 500);
    cancelled.cancel();
    CHECK_FALSE(cancelled.is_armed());
    destroyed.reset();
    wheel.advance(10'000);
    CHECK(cancelled.fired == 0);
}

TEST_CASE("arming again moves the deadline")
{
    timer_wheel wheel(0);
    waiter entry;
    wheel.arm(entry, 0, 500);
    wheel.advance(400);
    wheel.arm(entry, 400, 500);
    wheel.advance(600);
    CHECK(entry.fired == 0);
    wheel.advance(900);
    CHECK(entry.fired == 1);
}

TEST_CASE("a pause longer than a turn of the wheel fires everything that is due and nothing else")
{
    timer_wheel wheel(0);
    std::vector<std::unique_ptr<waiter>> waiters;
    for (milliseconds_count delay = 0; delay < 200'000; delay += 1000) {
        waiters.push_back(std::make_unique<waiter>());
        wheel.arm(*waiters.back(), 0, delay);
    }
    wheel.advance(100'000);
    for (std::size_t i = 0; i < waiters.size(); ++i)
        CHECK(waiters[i]->fired == (i <= 100 ? 1 : 0));
}

TEST_CASE("a callback may arm its own entry again and cancel its neighbour in the same slot")
{
    struct chain : wheel_entry
    {
        chain()
            : wheel_entry(&chain::on_due)
        {}
        static void on_due(wheel_entry& entry) noexcept
        {
            auto& self = static_cast<chain&>(entry);
            ++self.fired;
            if (self.neighbour != nullptr) self.neighbour->cancel();
            if (self.fired < 3) self.wheel->arm(self, self.due(), 100);
        }
        timer_wheel* wheel = nullptr;
        waiter* neighbour = nullptr;
        int fired = 0;
    };
    timer_wheel wheel(0);
    chain first;
    waiter second;
    first.wheel = &wheel;
    first.neighbour = &second;
    wheel.arm(first, 0, 300);
    wheel.arm(second, 0, 300);
    for (milliseconds_count now = 0; now <= 2000; now += 100)
        wheel.advance(now);
    CHECK(first.fired == 3);
    CHECK(second.fired == 0);
}
