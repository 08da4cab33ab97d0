#include "proxy/http/upgrade_gate.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace fairlead;
using namespace std::chrono_literals;
using http::upgrade_gate;

TEST_CASE("a burst passes and then the rate, and a refusal takes nothing from it")
{
    upgrade_gate gate;
    const conf::rate_limit limit{10, 5};
    for (int i = 0; i < 5; ++i)
        CHECK(gate.admit(limit, 1000s));
    for (int i = 0; i < 50; ++i)
        CHECK_FALSE(gate.admit(limit, 1000s));
    CHECK(gate.admit(limit, 1000s + 101ms));
    CHECK_FALSE(gate.admit(limit, 1000s + 101ms));
    int admitted = 0;
    for (auto now = 1000s + 0ms; now < 1010s; now += 1ms)
        admitted += gate.admit(limit, now) ? 1 : 0;
    CHECK(admitted >= 98);
    CHECK(admitted <= 105);
}

TEST_CASE("without a rate everything passes")
{
    upgrade_gate gate;
    for (int i = 0; i < 1000; ++i)
        CHECK(gate.admit({}, 5s));
}

TEST_CASE("over threads no more pass than the burst")
{
    upgrade_gate gate;
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i)
                if (gate.admit({1, 1000}, 1000s)) ++passed;
        });
    }
    for (auto& each : threads)
        each.join();
    CHECK(passed == 1000);
}

TEST_CASE("a listener has one gate, whoever asks")
{
    http::upgrade_gates gates;
    upgrade_gate& one = gates.obtain("10.0.0.1:80");
    CHECK(&one == &gates.obtain("10.0.0.1:80"));
    CHECK(&one != &gates.obtain("10.0.0.1:81"));
}
