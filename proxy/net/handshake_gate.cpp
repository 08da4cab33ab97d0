#include "proxy/net/handshake_gate.hpp"

#include "proxy/net/deadline.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <new>

namespace fairlead::net {
namespace {

// Of one turn, whichever comes first: one step that signs, or a few of those that do not.
constexpr std::size_t steps_per_turn = 8;
constexpr std::chrono::microseconds turn_time{100};

} // namespace

handshake_gate::handshake_gate(executor where, timer_wheel& wheel, std::unique_ptr<handshake_thread> beside)
    : where_(std::move(where))
    , wheel_(wheel)
    , beside_(std::move(beside))
{}

handshake_gate::~handshake_gate() = default;

task<handshake_gate::slot> handshake_gate::enter(std::size_t most, std::chrono::milliseconds patience)
{
    most_ = most;
    if (is_shut_down_) co_return slot();
    if (most != 0 && (inside_ >= most || !waiting_.empty())) {
        waiter self(*this);
        const store_waiter storing{&self, static_cast<milliseconds_count>(patience.count())};
        constexpr asio::use_awaitable_t<executor> token{};
        co_await asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(storing, token);
        if (!self.is_admitted) co_return slot();
        co_return slot(*this);
    }
    ++inside_;
    co_return slot(*this);
}

task<> handshake_gate::turn(bool is_long)
{
    if (is_shut_down_) co_return;
    const store_step storing{this, is_long && beside_ != nullptr};
    constexpr asio::use_awaitable_t<executor> token{};
    co_await asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(storing, token);
}

handshake_thread* handshake_gate::beside() noexcept
{
    const bool has_room = beside_ && beside_->has_room(handshake_thread::clock::now());
    return has_room && beside_->begin() ? beside_.get() : nullptr;
}

void handshake_gate::shut_down() noexcept
{
    is_shut_down_ = true;
    if (beside_) beside_->stop();
    while (!waiting_.empty())
        release(waiting_.front());
    run_soon();
}

void handshake_gate::waiter::on_due(wheel_entry& entry) noexcept
{
    auto& self = static_cast<waiter&>(entry);
    self.gate.release(self);
}

void handshake_gate::retry::on_due(wheel_entry& entry) noexcept
{
    static_cast<retry&>(entry).gate.run_soon();
}

void handshake_gate::let_wait(waiter& who, milliseconds_count patience) noexcept
{
    waiting_.push_back(who);
    if (patience != 0) wheel_.arm(who, steady_now_ms(), patience);
}

// Lets the coroutine go on, admitted or not.
void handshake_gate::release(waiter& who) noexcept
{
    who.cancel();
    waiting_.erase(waiting_.iterator_to(who));
    released_.push_back(who);
    run_soon();
}

void handshake_gate::leave() noexcept
{
    --inside_;
    while (!waiting_.empty() && (most_ == 0 || inside_ < most_)) {
        waiter& next = waiting_.front();
        next.is_admitted = true;
        ++inside_;
        release(next);
    }
}

bool handshake_gate::may_run_long_steps() const noexcept
{
    if (long_steps_.empty()) return false;
    const auto now = handshake_thread::clock::now();
    return is_shut_down_ || beside_->has_room(now) || beside_->is_late(now);
}

void handshake_gate::run_soon() noexcept
{
    if (is_running_soon_) return;
    if (steps_.empty() && released_.empty() && !may_run_long_steps()) {
        // The thread tells when it has room; that it is late nobody does.
        if (!long_steps_.empty() && !retry_.is_armed()) wheel_.arm(retry_, wheel_.now(), timer_wheel::tick);
        return;
    }
    if (post([](handshake_gate& self) noexcept { self.let_others_go_first(); })) is_running_soon_ = true;
}

// What became ready during the last turn is in the queue only now, in front of the next one.
void handshake_gate::let_others_go_first() noexcept
{
    is_running_soon_ = post([](handshake_gate& self) { self.run(); });
}

// Where that fails, it is begun anew a tick later.
bool handshake_gate::post(void (*next)(handshake_gate&)) noexcept
{
    try {
        asio::post(where_, [this, next] { next(*this); });
        return true;
    } catch (const std::bad_alloc&) {
        wheel_.arm(retry_, wheel_.now(), timer_wheel::tick);
        return false;
    }
}

void handshake_gate::run()
{
    is_running_soon_ = false;
    // Also when what goes on throws: the others are to go on too.
    struct end_of_turn
    {
        handshake_gate& self;
        ~end_of_turn() { self.run_soon(); }
    } const last{*this};
    run_released();
    run_long_steps();
    run_steps();
}

// Those that are there now: one that goes on may end and release the next.
void handshake_gate::run_released()
{
    for (std::size_t left = released_.size(); left > 0; --left) {
        step next;
        next.swap(released_.front().resume);
        released_.pop_front();
        std::move(next)();
    }
}

// As many as the thread has room for. When it is late, one takes a turn of the worker's.
void handshake_gate::run_long_steps()
{
    while (may_run_long_steps()) {
        const bool is_own = beside() == nullptr;
        if (is_own) {
            steps_.push_back(std::move(long_steps_.front()));
            long_steps_.pop_front();
            if (!is_shut_down_) return;
            continue;
        }
        step next(std::move(long_steps_.front()));
        long_steps_.pop_front();
        std::move(next)();
    }
}

void handshake_gate::run_steps()
{
    const auto end = std::chrono::steady_clock::now() + turn_time;
    for (std::size_t taken = 0; !steps_.empty(); ++taken) {
        const bool is_over =
            taken == steps_per_turn || (taken != 0 && std::chrono::steady_clock::now() >= end);
        if (is_over && !is_shut_down_) break;
        step next(std::move(steps_.front()));
        steps_.pop_front();
        std::move(next)();
    }
}

} // namespace fairlead::net
