#include "proxy/http/total_limit.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::chrono_literals;

namespace {

struct listener final : http::total_limit::owner
{
    void ran_out() noexcept override { ++told; }
    int told = 0;
};

} // namespace

TEST_CASE("the owner is told once when the time is over, and not before")
{
    const net::milliseconds_count now = net::steady_now_ms();
    net::timer_wheel wheel(now);
    listener owner;
    http::total_limit limit(owner, wheel);
    limit.start(60s);
    wheel.advance(now + 59'000);
    CHECK_FALSE(limit.is_over());
    wheel.advance(now + 61'000);
    wheel.advance(now + 300'000);
    CHECK(limit.is_over());
    CHECK(owner.told == 1);
}

TEST_CASE("without a limit, or after stop, nobody is told")
{
    const net::milliseconds_count now = net::steady_now_ms();
    net::timer_wheel wheel(now);
    listener owner;
    http::total_limit never(owner, wheel);
    http::total_limit stopped(owner, wheel);
    never.start(0ms);
    stopped.start(1s);
    stopped.stop();
    wheel.advance(now + 100'000'000);
    CHECK(owner.told == 0);
    CHECK_FALSE(stopped.is_over());
}
