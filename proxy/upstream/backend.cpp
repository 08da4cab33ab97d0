#include "proxy/upstream/backend.hpp"

#include "proxy/health/slow_start.hpp"
#include "proxy/upstream/request_queue.hpp"

#include <algorithm>

namespace fairlead::upstream {
namespace {

// A backend whose probe failed too was away for a while, and not for one lost packet.
constexpr std::uint32_t failures_of_an_absence = 2;

std::chrono::milliseconds to_ms(steady_time at) noexcept
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
}

resolved_set first_addresses(const conf::endpoint& address)
{
    return address.what == conf::endpoint::kind::ip ? resolved_set{address.ip} : resolved_set{};
}

} // namespace

backend_use::backend_use(backend& owner) noexcept
    : owner_(&owner)
{
    owner.live_.fetch_add(1, std::memory_order_relaxed);
}

void backend_use::reset() noexcept
{
    backend* const owner = std::exchange(owner_, nullptr);
    if (owner == nullptr) return;
    const std::uint32_t most = owner->max_connections();
    if (most == 0) {
        // Release: the registry may free the backend as soon as it sees the count at zero.
        owner->live_.fetch_sub(1, std::memory_order_release);
        return;
    }
    const std::shared_ptr<request_queue> queue = owner->queue_; // for the same reason
    const bool has_room = owner->live_.fetch_sub(1, std::memory_order_release) <= most;
    // With the one of whoever begins to wait: either it sees the room, or we see it waiting.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (has_room && queue != nullptr && queue->waiting() != 0) queue->call_for(owner);
}

pending_connect::~pending_connect()
{
    if (owner_ != nullptr) owner_->pending_.fetch_sub(1, std::memory_order_relaxed);
}

idle_mark::idle_mark(backend& owner) noexcept
    : owner_(&owner)
{
    owner_->idle_.fetch_add(1, std::memory_order_relaxed);
}

idle_mark::~idle_mark()
{
    if (owner_ != nullptr) owner_->idle_.fetch_sub(1, std::memory_order_relaxed);
}

backend::backend(std::string pool_name, conf::endpoint address, std::uint32_t weight,
                 std::shared_ptr<request_queue> queue)
    : pool_name_(std::move(pool_name))
    , address_(std::move(address))
    , queue_(std::move(queue))
    , resolved_(first_addresses(address_))
    , dead_(resolved_set{})
{
    set_weight(weight);
}

void backend::set_weight(std::uint32_t weight) noexcept
{
    weight_.store(std::max<std::uint32_t>(1, weight), std::memory_order_relaxed);
}

namespace {

// Not an increment that is taken back: between the two, somebody who has room would be refused.
bool add_below(std::atomic<std::uint32_t>& count, std::uint32_t most) noexcept
{
    auto now = count.load(std::memory_order_relaxed);
    while (now < most) {
        if (count.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return true;
    }
    return false;
}

} // namespace

backend_use backend::admit() noexcept
{
    const std::uint32_t most = max_connections();
    if (most == 0) return backend_use(*this);
    return add_below(live_, most) ? backend_use(*this, backend_use::is_counted()) : backend_use();
}

pending_connect backend::begin_connect(std::uint32_t most) noexcept
{
    if (most != 0) return pending_connect(add_below(pending_, most) ? this : nullptr);
    pending_.fetch_add(1, std::memory_order_relaxed);
    return pending_connect(this);
}

void backend::connected(steady_time now) noexcept
{
    if (backoff_.failures() >= failures_of_an_absence) begin_slow_start(now);
    backoff_.succeed();
}

void backend::set_slow_start(std::chrono::milliseconds whole) noexcept
{
    slow_start_ms_.store(whole.count(), std::memory_order_relaxed);
}

void backend::begin_slow_start(steady_time from) noexcept
{
    rising_ms_.store(to_ms(from).count(), std::memory_order_relaxed);
}

std::uint32_t backend::weight_now(steady_time now) const noexcept
{
    const std::int64_t began = rising_ms_.load(std::memory_order_relaxed);
    if (began == 0) return weight() * 100;
    const std::chrono::milliseconds whole(slow_start_ms_.load(std::memory_order_relaxed));
    return weight() * health::share_after(to_ms(now) - std::chrono::milliseconds(began), whole);
}

} // namespace fairlead::upstream
