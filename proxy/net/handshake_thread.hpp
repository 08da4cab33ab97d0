// A thread beside a worker that computes the long steps of its TLS handshakes: a signature of RSA takes
// 0.6 ms, and each tunnel of the worker would wait for it.
//
// It has the policy SCHED_IDLE: a worker that wakes has the CPU at once, whatever is being computed there.
// On a machine where nobody ever sleeps it hardly runs, so a step that takes too long makes it take none for
// a while: has_room() is false, is_late() is true, and the worker computes by itself.
// The thread is there from the first step on: who serves no TLS has none.
//
// Thread: the worker's, but for the thread itself, which uses the connection of a step and nothing else of
// the worker. Lifetime: the executor's io_context outlives it; stop() comes before the end of the
// coroutines that wait. Bound: two steps under way, one of them computed, so that it need not wait for the
// worker in between. Completes when: the step is computed, or stop() came first.
// Errors: out of memory, compute() throws.
#pragma once

#include "proxy/net/socket.hpp"
#include "tls/connection.hpp"
#include "tls/wire.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

namespace fairlead::net {

class handshake_thread
{
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t most_under_way = 2;
    static constexpr std::chrono::milliseconds late_time{50}; // of a step, before it is late
    static constexpr std::chrono::milliseconds rest_time{1'000};

    explicit handshake_thread(executor worker);
    handshake_thread(const handshake_thread&) = delete;
    handshake_thread& operator=(const handshake_thread&) = delete;
    ~handshake_thread();

    bool has_room(clock::time_point now) const noexcept
    {
        return under_way_ < most_under_way && now >= rests_until_ && !is_stopped_;
    }
    // Whoever waits for room should not.
    bool is_late(clock::time_point now) const noexcept;

    // Before the first step. False: there can be no thread, now or later.
    bool begin() noexcept;

    // connection::compute(), where there is room. The connection stays, and is not touched meanwhile. After
    // stop() what was not begun is told to want nothing but to be tried again.
    task<tls::io_result> compute(tls::connection& of);

    // Ends the thread; whoever waits goes on.
    void stop() noexcept;

private:
    struct step : boost::intrusive::list_base_hook<>
    {
        explicit step(tls::connection& with) noexcept
            : of(with)
        {}
        tls::connection& of;
        tls::io_result told{0, tls::io_state::want_read};
        asio::any_completion_handler<void()> resume;
        clock::time_point given = clock::now();
    };
    using steps = boost::intrusive::list<step>;

    // Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
    struct give_step
    {
        handshake_thread* self;
        step* one;
        template <class Handler>
        void operator()(Handler&& handler) const
        {
            // Its move assignment calls itself for ever in Asio 1.26.
            asio::any_completion_handler<void()>(std::forward<Handler>(handler)).swap(one->resume);
            self->give(*one);
        }
    };

    void give(step& one) noexcept;
    void run() noexcept;
    void tell() noexcept;
    void collect();

    executor worker_;
    std::size_t under_way_ = 0;
    clock::time_point moved_at_{}; // when a step came to its end, or the first was given
    clock::time_point rests_until_{};
    bool is_stopped_ = false;
    std::unique_ptr<tls::wire> wire_; // the thread's
    std::mutex mutex_;
    std::condition_variable wake_;
    steps waiting_;            // guarded by mutex_
    steps done_;               // guarded by mutex_; while there are some, the worker is told
    bool is_stopping_ = false; // guarded by mutex_
    std::thread thread_;
};

} // namespace fairlead::net
