// What a worker does ten times a second: time, sweeps, drains, and making way when something runs out.
#include "proxy/server/worker.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::server {
namespace {

constexpr std::uint32_t ticks_per_sweep = 10;
constexpr net::milliseconds_count idle_before_others_ms = 1'000;
constexpr int closes_per_tick = 64;

} // namespace

void worker::wait_for_tick()
{
    ticker_->expires_after(std::chrono::milliseconds(net::timer_wheel::tick));
    ticker_->async_wait([this](const net::error_code& error) {
        if (error) return;
        shard_.own().loop_lag.observe(std::chrono::steady_clock::now() - ticker_->expiry());
        wait_for_tick(); // first: no failure below may end the ticks
        tick();
    });
}

void worker::tick()
{
    const net::milliseconds_count now = net::steady_now_ms();
    budget_.allot(memory_);
    relieve(now); // before the wheel ends the pauses that it looks for
    wheel_.advance(now);
    if (++ticks_ % ticks_per_sweep == 0) {
        const auto longest = services_->current->shared->config.timeouts.upstream_idle.count();
        const net::milliseconds_count before =
            longest == 0 ? 0 : now - std::min(now, static_cast<net::milliseconds_count>(longest));
        idle_.sweep(before);
        origins_.sweep();
        drains_.gather();
    }
    if (!services_->strays.empty()) {
        drains_.orphan(std::exchange(services_->strays, {}),
                       drain_manner_of(services_->current->shared->config.drain), now);
    }
    drains_.advance(now, lots_);
    report_sessions();
    log_progress(now);
    log_.flush();
}

// Who has nothing to do holds what others have need of.
void worker::relieve(net::milliseconds_count now)
{
    if (net::memory_account::pressure() != net::memory_pressure::none)
        close_idle(metrics::shortage::memory, now);
    const bool is_paused =
        std::ranges::any_of(listeners_, [](const auto& each) { return each->is_paused(); });
    if (!dialer_.was_short() && !is_paused) return;
    idle_.sweep(now - std::min(now, idle_before_others_ms));
    close_idle(metrics::shortage::descriptors, now);
}

// The oldest connections first, a few at a time: those that come back do not come all at once.
void worker::close_idle(metrics::shortage of, net::milliseconds_count now)
{
    int left = closes_per_tick;
    for (http::session_hook& each : services_->sessions) {
        if (left == 0) return;
        if (!each.make_way(now - std::min(now, idle_before_others_ms))) continue;
        shard_.own().sheds[of][metrics::shed::idle].add();
        --left;
    }
}

// Those that are younger than the time between two lines have their first one in the next round.
void worker::log_progress(net::milliseconds_count now)
{
    const conf::duration every = services_->current->shared->config.log.tunnel_every;
    const auto due = log_.is_off()
                         ? std::nullopt
                         : progress_.next(now, static_cast<std::uint64_t>(every.count()), relay_->size());
    if (!due) return;
    const auto opened_before = std::chrono::steady_clock::now() - every;
    const auto tell = [&](const websocket::tunnel& each) {
        if (each.opened_at <= opened_before) log_.tunnel_progress(each, relay_->since_data(each));
    };
    if (!relay_->look_at_all(websocket::relay::looker::log, due->from_the_beginning, due->most, tell))
        progress_.over();
}

} // namespace fairlead::server
