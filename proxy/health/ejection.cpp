#include "proxy/health/ejection.hpp"

#include <algorithm>

namespace fairlead::health {
namespace {

constexpr std::uint32_t most_failures = (1U << 12) - 1;
constexpr std::uint32_t most_successes = (1U << 20) - 1;

std::int64_t to_ms(steady_time at) noexcept
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// What came in a window; in one word, so that all of it changes at once.
struct window_tally
{
    std::uint32_t began_ms = 0; // wraps after 49 days; only differences are used
    std::uint32_t failures = 0; // 0: there is no window
    std::uint32_t successes = 0;

    static window_tally unpack(std::uint64_t word) noexcept
    {
        return {static_cast<std::uint32_t>(word >> 32),
                static_cast<std::uint32_t>(word >> 20) & most_failures,
                static_cast<std::uint32_t>(word) & most_successes};
    }
    std::uint64_t pack() const noexcept
    {
        return std::uint64_t{began_ms} << 32 | std::uint64_t{failures} << 20 | successes;
    }
    bool is_over(std::uint32_t now_ms, std::chrono::milliseconds length) const noexcept
    {
        return failures == 0 || now_ms - began_ms >= static_cast<std::uint64_t>(length.count());
    }
    bool is_too_much(const conf::eject_options& options) const noexcept
    {
        const std::uint64_t all = std::uint64_t{failures} + successes;
        return failures >= options.failures && std::uint64_t{failures} * 100 >= all * options.share;
    }
};

} // namespace

std::string_view to_string(failure_kind kind) noexcept
{
    switch (kind) {
    case failure_kind::none: return "none";
    case failure_kind::no_connection: return "no connection";
    case failure_kind::broken: return "ended unanswered";
    case failure_kind::malformed: return "an answer that cannot be used";
    case failure_kind::overdue: return "no answer in time";
    case failure_kind::status: return "the status of an answer";
    }
    return {};
}

bool ejection::fail(failure_kind how, steady_time now, const conf::eject_options& options) noexcept
{
    if (is_out(now)) return false;
    last_.store(how, std::memory_order_relaxed);
    const auto now_ms = static_cast<std::uint32_t>(to_ms(now));
    std::uint64_t before = tally_.load(std::memory_order_relaxed);
    window_tally next;
    do {
        next = window_tally::unpack(before);
        if (next.is_over(now_ms, options.window)) next = {now_ms, 0, 0};
        next.failures = std::min(next.failures + 1, most_failures);
    } while (!tally_.compare_exchange_weak(before, next.pack(), std::memory_order_relaxed));
    return next.is_too_much(options);
}

void ejection::succeed(steady_time now, const conf::eject_options& options) noexcept
{
    const auto now_ms = static_cast<std::uint32_t>(to_ms(now));
    std::uint64_t before = tally_.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    do {
        window_tally next = window_tally::unpack(before);
        if (next.failures == 0) return;
        next.successes = std::min(next.successes + 1, most_successes);
        after = next.is_over(now_ms, options.window) ? 0 : next.pack();
    } while (!tally_.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

std::optional<ejection::claim> ejection::eject(steady_time now, const conf::eject_options& options) noexcept
{
    claim before{until_ms_.load(), length_ms_.load(std::memory_order_relaxed)};
    const std::int64_t now_ms = to_ms(now);
    if (before.until_ms > now_ms) return std::nullopt;
    const std::int64_t soon = std::max(before.length_ms, std::int64_t{options.window.count()});
    const bool is_again = before.until_ms != 0 && now_ms - before.until_ms < soon;
    const std::int64_t length =
        is_again ? std::min<std::int64_t>(before.length_ms * 2, options.max_backoff.count())
                 : options.backoff.count();
    std::int64_t expected = before.until_ms;
    if (!until_ms_.compare_exchange_strong(expected, now_ms + length)) return std::nullopt;
    length_ms_.store(length, std::memory_order_relaxed);
    tally_.store(0, std::memory_order_relaxed);
    count_.fetch_add(1, std::memory_order_relaxed);
    return before;
}

void ejection::withdraw(const claim& made) noexcept
{
    length_ms_.store(made.length_ms, std::memory_order_relaxed);
    until_ms_.store(made.until_ms);
    count_.fetch_sub(1, std::memory_order_relaxed);
    withheld_.fetch_add(1, std::memory_order_relaxed);
}

void ejection::forgive() noexcept
{
    tally_.store(0, std::memory_order_relaxed);
    length_ms_.store(0, std::memory_order_relaxed);
    until_ms_.store(0);
}

bool ejection::is_out(steady_time now) const noexcept
{
    const std::int64_t until = until_ms_.load();
    return until != 0 && until > to_ms(now);
}

steady_time ejection::until() const noexcept
{
    return steady_time{std::chrono::milliseconds{until_ms_.load()}};
}

} // namespace fairlead::health
