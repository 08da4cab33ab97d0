#include "bench/load/pace.hpp"

namespace fairlead::bench {

pace::pace(std::size_t tunnels, std::uint64_t per_second, time_point start)
    : start_{start}
    , per_second_{per_second}
    , tunnels_(tunnels)
{}

pace::time_point pace::due(std::uint64_t message) const
{
    return start_ + std::chrono::nanoseconds{message * 1'000'000'000U / per_second_};
}

std::optional<std::size_t> pace::take_next(time_point now)
{
    const std::size_t which = next_++ % tunnels_.size();
    tunnel_state& tunnel = tunnels_[which];
    if (tunnel.is_out) return std::nullopt;
    ++tunnel.said;
    ++out_;
    tunnel.is_out = true;
    tunnel.since = now;
    return which;
}

bool pace::on_echo(std::size_t which, time_point now)
{
    tunnel_state& tunnel = tunnels_[which];
    took_.add(now - tunnel.since);
    const std::uint64_t following = tunnel.said * tunnels_.size() + which;
    if (has_stopped_ || following >= next_) {
        tunnel.is_out = false;
        --out_;
        return false;
    }
    ++tunnel.said;
    tunnel.since = due(following);
    return true;
}

} // namespace fairlead::bench
