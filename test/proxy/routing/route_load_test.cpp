#include "proxy/routing/route_load.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using fairlead::routing::route_load;
using fairlead::routing::route_registry;
using fairlead::routing::route_use;

TEST_CASE("a route admits as many as its limit, and the next when one has ended")
{
    route_load load;
    route_use first = load.admit(2);
    const route_use second = load.admit(2);
    CHECK(first);
    CHECK(second);
    CHECK_FALSE(load.admit(2));
    CHECK(load.live() == 2);
    first.reset();
    first.reset();
    CHECK(load.live() == 1);
    CHECK(load.admit(2));
    CHECK(load.live() == 1); // that one was not kept
}

TEST_CASE("without a limit all are counted, so that a later limit begins with what is open")
{
    route_load load;
    std::vector<route_use> open;
    for (int i = 0; i < 5; ++i)
        open.push_back(load.admit(0));
    CHECK(load.live() == 5);
    CHECK_FALSE(load.admit(3)); // lowered below what is open
    open.resize(2);
    CHECK(load.admit(3));
}

TEST_CASE("a use that moves is one use")
{
    route_load load;
    route_use from = load.admit(0);
    route_use to = std::move(from);
    CHECK(load.live() == 1);
    to = load.admit(0);
    CHECK(load.live() == 1);
}

TEST_CASE("threads never exceed the limit between them")
{
    route_load load;
    std::vector<std::thread> threads;
    std::atomic<bool> was_exceeded = false;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20'000; ++round) {
                const route_use use = load.admit(3);
                if (load.live() > 3) was_exceeded = true;
            }
        });
    }
    for (auto& each : threads)
        each.join();
    CHECK_FALSE(was_exceeded);
    CHECK(load.live() == 0);
}

TEST_CASE("a route's count is kept by its name while it is listed or in use")
{
    route_registry registry;
    route_use use;
    {
        const auto listed = registry.obtain("chat");
        CHECK(registry.obtain("chat") == listed);
        CHECK(registry.obtain("api") != listed);
        use = listed->admit(0);
        CHECK(registry.sweep() == 1); // "api"
    }
    CHECK(registry.sweep() == 0);
    CHECK(registry.obtain("chat")->live() == 1);
    use.reset();
    CHECK(registry.sweep() == 1);
}
