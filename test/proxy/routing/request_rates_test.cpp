#include "proxy/routing/request_rates.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace fairlead::routing {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("request_rates");

TEST_CASE("a burst passes at once, then as many as the rate allows, each when it was told to come")
{
    request_rates rates;
    const conf::rate_limit limit{10, 3}; // one in 100 ms
    for (int i = 0; i < 3; ++i)
        CHECK(rates.admit(7, limit, 5s) == 0ns);
    CHECK(rates.admit(7, limit, 5s) == 100ms);
    CHECK(rates.admit(7, limit, 5s) == 100ms); // not counted
    CHECK(rates.admit(7, limit, 5s + 40ms) == 60ms);
    CHECK(rates.admit(7, limit, 5s + 100ms) == 0ns);
    CHECK(rates.admit(7, limit, 5s + 100ms) == 100ms);
    CHECK(rates.admit(7, limit, 6s) == 0ns);
    CHECK(rates.admit(7, limit, 6s) == 0ns);
}

TEST_CASE("each key has its own account")
{
    request_rates rates;
    const conf::rate_limit limit{1, 1};
    CHECK(rates.admit(1, limit, 1s) == 0ns);
    CHECK(rates.admit(2, limit, 1s) == 0ns);
    CHECK(rates.admit(1, limit, 1s) == 1s);
    CHECK(rates.keys() == 2);
}

TEST_CASE("a flood of keys is bounded, and those that have rested go first")
{
    request_rates rates;
    const conf::rate_limit slow{0.001, 1};
    for (std::uint64_t key = 0; key < 1'024; ++key)
        rates.admit(key, {1000, 1}, 1s); // rested after a millisecond
    CHECK(rates.admit(5'000, slow, 2s) == 0ns);
    CHECK(rates.keys() == 1);
    for (std::uint64_t key = 10'000; key < 200'000; ++key)
        CHECK(rates.admit(key * 0x9e3779b97f4a7c15U, slow, 3s) == 0ns);
    CHECK(rates.keys() <= 65'536);
    CHECK(rates.keys() > 60'000);
}

TEST_CASE("workers share an account exactly")
{
    request_rates rates;
    const conf::rate_limit limit{1, 500};
    std::atomic<int> passed{0};
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i) {
        workers.emplace_back([&] {
            for (int n = 0; n < 400; ++n)
                passed += rates.admit(9, limit, 1s) == 0ns ? 1 : 0;
        });
    }
    for (auto& each : workers)
        each.join();
    CHECK(passed == 500);
}

TEST_SUITE_END();

} // namespace fairlead::routing
