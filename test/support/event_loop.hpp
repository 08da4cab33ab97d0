// A worker's loop for tests: an io_context, a wheel whose time the test decides, and coroutines that are
// started and looked at. Nothing in it sleeps: turn() runs what can run now, wait_for() waits for the kernel.
#pragma once

#include "proxy/net/deadline.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/net/timer_wheel.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace fairlead::test {

class event_loop
{
public:
    net::executor executor() { return io_.get_executor(); }
    net::timer_wheel& wheel() { return wheel_; }

    // `result` is set when the coroutine is over. It, and what the coroutine refers to, outlive the loop's
    // last turn.
    template <class Value>
    void start(net::task<Value> work, std::optional<Value>& result)
    {
        net::asio::co_spawn(io_, store(std::move(work), &result), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }

    void turn()
    {
        io_.restart();
        while (io_.poll() > 0) {
        }
    }

    template <class Condition>
    void wait_for(Condition is_met)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!is_met()) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            io_.restart();
            io_.run_one_for(std::chrono::milliseconds(100));
        }
    }

    template <class Value>
    Value finish(net::task<Value> work)
    {
        std::optional<Value> result;
        start(std::move(work), result);
        wait_for([&] { return result.has_value(); });
        return std::move(*result);
    }

    // Fires the deadlines of the next `time`.
    void pass_time(std::chrono::milliseconds time)
    {
        wheel_.advance(net::steady_now_ms() + static_cast<net::milliseconds_count>(time.count()));
        turn();
    }

private:
    template <class Value>
    static net::task<> store(net::task<Value> work, std::optional<Value>* result)
    {
        Value value = co_await std::move(work);
        result->emplace(std::move(value));
    }

    net::timer_wheel wheel_{net::steady_now_ms()};
    net::asio::io_context io_{1};
};

} // namespace fairlead::test
