#include "proxy/upstream/failure_backoff.hpp"

#include <algorithm>

namespace fairlead::upstream {
namespace {

std::int64_t to_ms(steady_time at) noexcept
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

} // namespace

bool failure_backoff::is_due(steady_time now) const noexcept
{
    const auto due = retry_at_ms_.load(std::memory_order_acquire);
    return due == 0 || due <= to_ms(now);
}

bool failure_backoff::admit(steady_time now, std::chrono::milliseconds connect_timeout,
                            attempt& granted) noexcept
{
    auto due = retry_at_ms_.load(std::memory_order_acquire);
    if (due == 0) {
        granted = attempt();
        return true;
    }
    if (due > to_ms(now)) return false;
    const auto delay = std::max<std::int64_t>(1, delay_ms_.load(std::memory_order_relaxed));
    const auto claim = to_ms(now) + delay + connect_timeout.count();
    if (!retry_at_ms_.compare_exchange_strong(due, claim, std::memory_order_acq_rel)) return false;
    granted = attempt(claim);
    return true;
}

void failure_backoff::succeed() noexcept
{
    // Read first: a healthy backend's line is not to be written by every connect of every worker.
    if (retry_at_ms_.load(std::memory_order_relaxed) == 0) return;
    failures_.store(0, std::memory_order_relaxed);
    delay_ms_.store(0, std::memory_order_relaxed);
    retry_at_ms_.store(0, std::memory_order_release);
}

void failure_backoff::fail(attempt failed, steady_time now, const backoff_options& options) noexcept
{
    const auto initial = options.initial.count();
    if (initial <= 0) return;
    const auto maximum = std::max<std::int64_t>(initial, options.maximum.count());
    const auto delay = failed.is_probe()
                           ? std::clamp(delay_ms_.load(std::memory_order_relaxed) * 2, initial, maximum)
                           : initial;
    auto entitled_to = failed.claim_ms_;
    const auto next = std::max<std::int64_t>(1, to_ms(now) + delay);
    if (!retry_at_ms_.compare_exchange_strong(entitled_to, next, std::memory_order_acq_rel)) return;
    delay_ms_.store(delay, std::memory_order_relaxed);
    failures_.fetch_add(1, std::memory_order_relaxed);
}

steady_time failure_backoff::retry_at() const noexcept
{
    return steady_time{std::chrono::milliseconds{retry_at_ms_.load(std::memory_order_acquire)}};
}

} // namespace fairlead::upstream
