// Lets one coroutine wait for another of the same worker. Set at most once; waited for by at most one.
#pragma once

#include "proxy/net/socket.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace fairlead::net {

class event
{
public:
    explicit event(executor where)
        : where_(std::move(where))
    {}

    bool is_set() const noexcept { return is_set_; }

    void set()
    {
        is_set_ = true;
        if (waiter_) asio::post(where_, std::move(waiter_));
    }

    // Completes when set() was called, at once if it was.
    task<> wait()
    {
        if (is_set_) co_return;
        constexpr auto token = asio::use_awaitable_t<executor>{};
        co_await asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(store_waiter{this},
                                                                                     token);
    }

private:
    // Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
    struct store_waiter
    {
        event* owner;
        template <class Handler>
        void operator()(Handler&& handler) const
        {
            // Its move assignment calls itself for ever in Asio 1.26.
            asio::any_completion_handler<void()>(std::forward<Handler>(handler)).swap(owner->waiter_);
        }
    };

    executor where_;
    asio::any_completion_handler<void()> waiter_;
    bool is_set_ = false;
};

} // namespace fairlead::net
