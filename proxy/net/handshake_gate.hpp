// Keeps a worker's TLS handshakes from keeping its tunnels waiting.
//
// A step of a handshake computes for 0.3 ms with ECDSA and 1 ms with RSA, and a storm of reconnects brings
// thousands at once. So only so many clients are served at once, the others wait in order of arrival: who has
// begun is to come to its end first. A client that is waited for is not served, so that those who say
// nothing keep nobody out. Steps that take long are computed by a thread beside the worker, where there is
// one and it keeps up. All others, backends' too, are taken one after another, one that signs or a few others
// in each turn of the loop: what has become ready in a turn comes before the next.
//
// Thread: the worker's. Lifetime: outlives the coroutines that use it, and shut_down() comes before the end
// of the io_context. Completes when: the slot or the turn is there, at once where that costs nobody anything.
// Errors: out of memory, enter() and turn() throw; whoever waits already goes on, a tick later.
#pragma once

#include "proxy/net/handshake_thread.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/net/timer_wheel.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace fairlead::net {

class handshake_gate
{
public:
    using step = asio::any_completion_handler<void()>;

    // The right to have a handshake served, given back by its end.
    class slot
    {
    public:
        slot() noexcept = default;
        slot(slot&& other) noexcept
            : of_(std::exchange(other.of_, nullptr))
            , is_lent_(std::exchange(other.is_lent_, false))
        {}
        slot& operator=(slot&& other) noexcept
        {
            std::swap(of_, other.of_);
            std::swap(is_lent_, other.is_lent_);
            return *this;
        }
        ~slot() { lend(); }

        // While its client is waited for, another may have it. It is taken back at once, be it as one too
        // many: then nobody new is let in meanwhile.
        void lend() noexcept
        {
            if (of_ != nullptr && !std::exchange(is_lent_, true)) of_->leave();
        }
        void take_back() noexcept
        {
            if (of_ != nullptr && std::exchange(is_lent_, false)) ++of_->inside_;
        }
        explicit operator bool() const noexcept { return of_ != nullptr; }

    private:
        friend class handshake_gate;
        explicit slot(handshake_gate& of) noexcept
            : of_(&of)
        {}
        handshake_gate* of_ = nullptr;
        bool is_lent_ = false;
    };

    // Without a thread, or while it is late, the worker computes everything by itself.
    handshake_gate(executor where, timer_wheel& wheel, std::unique_ptr<handshake_thread> beside = nullptr);
    handshake_gate(const handshake_gate&) = delete;
    handshake_gate& operator=(const handshake_gate&) = delete;
    ~handshake_gate();

    // Where `most` are inside already, waits for one of them to leave, for at most `patience`; 0 is without
    // limit for both. An empty slot: it took too long, or the worker ends.
    task<slot> enter(std::size_t most, std::chrono::milliseconds patience);

    // Waits for a turn to compute. One that comes when nobody else waits takes its turn after what is ready
    // now. A long step is let go when the thread beside has room for it, or, as a turn like any other, when
    // the thread is late: ask beside() which of the two it is.
    task<> turn(bool is_long = false);

    // Who computes the step whose turn it is; null: the worker.
    handshake_thread* beside() noexcept;
    // The thread has come to the end of a step.
    void note_room() noexcept { run_soon(); }

    // Lets everybody go on at once, from now on too.
    void shut_down() noexcept;

    std::size_t inside() const noexcept { return inside_; }
    std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    struct waiter : boost::intrusive::list_base_hook<>, wheel_entry
    {
        explicit waiter(handshake_gate& at) noexcept
            : wheel_entry(&waiter::on_due)
            , gate(at)
        {}
        static void on_due(wheel_entry& entry) noexcept;

        handshake_gate& gate;
        step resume;
        bool is_admitted = false;
    };
    using waiters = boost::intrusive::list<waiter>;

    // When a turn of the loop could not be asked for.
    struct retry : wheel_entry
    {
        explicit retry(handshake_gate& at) noexcept
            : wheel_entry(&retry::on_due)
            , gate(at)
        {}
        static void on_due(wheel_entry& entry) noexcept;

        handshake_gate& gate;
    };

    // Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
    struct store_step
    {
        handshake_gate* gate;
        bool is_long;
        template <class Handler>
        void operator()(Handler&& handler) const
        {
            (is_long ? gate->long_steps_ : gate->steps_).emplace_back(std::forward<Handler>(handler));
            gate->run_soon();
        }
    };
    struct store_waiter
    {
        waiter* who;
        milliseconds_count patience;
        template <class Handler>
        void operator()(Handler&& handler) const
        {
            // Its move assignment calls itself for ever in Asio 1.26.
            step(std::forward<Handler>(handler)).swap(who->resume);
            who->gate.let_wait(*who, patience); // what threw above waits nowhere
        }
    };

    void let_wait(waiter& who, milliseconds_count patience) noexcept;
    void leave() noexcept;
    void release(waiter& who) noexcept;
    void run_soon() noexcept;
    void let_others_go_first() noexcept;
    bool post(void (*next)(handshake_gate&)) noexcept;
    void run();
    void run_released();
    void run_steps();
    void run_long_steps();
    bool may_run_long_steps() const noexcept;

    executor where_;
    timer_wheel& wheel_;
    waiters waiting_;  // in order of arrival
    waiters released_; // admitted or not, they go on in the next turn
    std::deque<step> steps_;
    std::deque<step> long_steps_; // for the thread beside, as long as it keeps up
    std::unique_ptr<handshake_thread> beside_;
    retry retry_{*this};
    std::size_t most_ = 0; // as the last that entered was told
    std::size_t inside_ = 0;
    bool is_running_soon_ = false;
    bool is_shut_down_ = false;
};

} // namespace fairlead::net
