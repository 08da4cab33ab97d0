#include "proxy/websocket/tunnel_policy.hpp"

namespace fairlead::websocket {
namespace {

tick_count to_ticks(conf::duration time) noexcept
{
    constexpr conf::duration tick(net::timer_wheel::tick);
    return static_cast<tick_count>((time + tick - conf::duration(1)) / tick);
}

rate to_rate(const conf::rate_limit& limit) noexcept { return {limit.per_second, limit.burst}; }

} // namespace

tunnel_policy policy_of(const conf::websocket_options& options, conf::duration close_timeout) noexcept
{
    tunnel_policy out;
    out.alive.ping_every = to_ticks(options.ping_every);
    out.alive.pong_timeout = to_ticks(options.pong_timeout);
    out.alive.idle_timeout = to_ticks(options.idle_timeout);
    out.alive.max_age = to_ticks(options.max_age);
    out.alive.pings = {options.ping != conf::ping_sides::backend, options.ping != conf::ping_sides::client};
    out.from_client = {options.max_frame, options.max_message, options.enforce};
    out.from_backend.enforce = options.enforce;
    out.client_rate = {to_rate(options.message_rate), to_rate(options.byte_rate), options.rate_patience,
                       to_rate(options.control_rate)};
    out.slow_timeout = to_ticks(options.slow_timeout);
    out.close_timeout = to_ticks(close_timeout);
    return out;
}

} // namespace fairlead::websocket
