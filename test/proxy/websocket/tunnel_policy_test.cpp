#include "proxy/websocket/tunnel_policy.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::chrono_literals;

TEST_CASE("options become ticks, rounded up, so that what is set is never off")
{
    conf::websocket_options options;
    CHECK(websocket::policy_of(options, 5s).alive.is_off());
    options.ping_every = 1ms;
    options.idle_timeout = 1'001ms;
    options.max_age = std::chrono::hours(24 * 365);
    const auto policy = websocket::policy_of(options, 5s);
    CHECK(policy.alive.ping_every == 1);
    CHECK(policy.alive.pong_timeout == 100);
    CHECK(policy.alive.idle_timeout == 11);
    CHECK(policy.alive.max_age == 315'360'000);
    CHECK(policy.close_timeout == 50);
    CHECK(policy.slow_timeout == 0);
}

TEST_CASE("sizes are the client's limits, and enforce is for both sides")
{
    conf::websocket_options options;
    options.max_message = 1000;
    options.max_frame = 100;
    options.enforce = true;
    options.ping = conf::ping_sides::backend;
    options.message_rate = {1.5, 2};
    const auto policy = websocket::policy_of(options, 0s);
    CHECK(policy.from_client == websocket::frame_rules{100, 1000, true});
    CHECK(policy.from_backend == websocket::frame_rules{0, 0, true});
    CHECK(policy.alive.pings == std::array{false, true});
    CHECK(policy.client_rate.messages == websocket::rate{1.5, 2});
    CHECK(policy.client_rate.patience == 10s);
}
